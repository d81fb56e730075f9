import { ConnectionLost, type RelayFailures } from "@tenantry/core";
import { readConnectionFailure } from "../connection-failure.ts";
import { translateAnthropicError, type ErrorContext } from "../translate-anthropic-error.ts";
import { brokenExchange, interruption } from "../translate-sdk-failure.ts";
import { parsedJson, textOfBytes } from "./wire-text.ts";

/** The failures of a relay in the words of the package's ChatModel. */
export function createRelayFailures(context: ErrorContext): RelayFailures {
  return {
    thrown(thrown, progress, usage) {
      const told = { ...context, usage };
      if (!(thrown instanceof ConnectionLost)) return brokenExchange("malformed", progress, told);
      if (thrown.interrupted) return interruption(progress, told, thrown.sent);
      const { kind, code } = readConnectionFailure(thrown.cause);
      if (!thrown.sent) return brokenExchange("not-sent", progress, told, code);
      const lost = progress.streamed && progress.answer !== null ? "cut" : "reset";
      return brokenExchange(kind === "timeout" ? kind : lost, progress, told, code);
    },
    notSent: (progress) => interruption(progress, context, false),
    broken: (kind, progress, usage) => brokenExchange(kind, progress, { ...context, usage }),
    refused({ status, headers }, bytes) {
      const text = textOfBytes(bytes);
      return translateAnthropicError({ status, headers, body: parsedJson(text) ?? text }, context);
    },
  };
}

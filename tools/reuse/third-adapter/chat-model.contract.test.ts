import { chatModelContract, openChatModelSubject, testContract } from "@tenantry/testkit";
import { createKestrelChatModel } from "./kestrel-chat-model.ts";
import { kestrelDialect } from "./kestrel-wire-dialect.ts";

testContract(chatModelContract, {
  name: "kestrel",
  open: async () =>
    await openChatModelSubject({
      dialect: kestrelDialect,
      create: (baseUrl) => createKestrelChatModel({ baseUrl, apiKey: "kestrel-key-0123456789" }),
    }),
});

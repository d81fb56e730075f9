/**
 * Resource attributes, later ones winning: name and environment, the application's own, `OTEL_RESOURCE_ATTRIBUTES`.
 * Nothing is detected: the SDK also sends host name, process arguments and user name, which are nobody's business.
 */
export function toResource(
  options: {
    readonly appName?: string;
    readonly environment?: string;
    readonly resourceAttributes?: Readonly<Record<string, string>>;
  },
  otel: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const merged = {
    "deployment.environment": options.environment ?? "local",
    "service.name": options.appName ?? "llm_tracing_service",
    ...options.resourceAttributes,
    ...otel,
  };
  return Object.fromEntries(Object.entries(merged).map(([key, value]) => [key, String(value).toWellFormed()]));
}

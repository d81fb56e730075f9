import { Container } from "inversify";

export const container: unknown = new Container();

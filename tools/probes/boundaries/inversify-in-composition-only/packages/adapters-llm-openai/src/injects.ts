import { Container } from "../../composition/node_modules/inversify";

export const container: unknown = new Container();

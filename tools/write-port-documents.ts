import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { portDocuments } from "./port-documents.ts";
import { root, writtenFiles } from "./workspace.ts";

const documents = await portDocuments();
for (const file of writtenFiles("docs/ports/*.md")) if (!documents.has(file)) rmSync(join(root, file));
for (const [file, text] of documents) writeFileSync(join(root, file), text);
console.log(`${documents.size} files in docs/ports`);

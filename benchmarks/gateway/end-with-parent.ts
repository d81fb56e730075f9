/** Loaded before a server of the benchmark: it never outlives the process that started it, however that one ended. */
process.on("disconnect", () => process.exit(1));

// A node of Graphile Worker. Arguments: "schema" or "work", the database's URL, then JSON of its options.
// It says "ready", starts at a line on its standard input, tells the index of each job that runs on a line of its
// own, and stops when its standard input ends.
const { Logger, run, runMigrations } = require("graphile-worker");

const [what, connectionString, options] = process.argv.slice(1);
const quiet = new Logger(() => (level, message) => {
  if (level === "error") console.error(message);
});

async function main() {
  if (what === "schema") {
    return runMigrations({ connectionString, logger: quiet });
  }
  let ran = [];
  const tell = () => {
    if (ran.length > 0) process.stdout.write(ran.join("\n") + "\n");
    ran = [];
  };
  let runner;
  process.stdin.once("data", async () => {
    runner = await run({
      preset: { worker: { ...JSON.parse(options), connectionString, logger: quiet } },
      noHandleSignals: true,
      taskList: {
        bench: async (payload) => {
          ran.push(Number(payload.slice(0, 9)));
        },
      },
    });
    setInterval(tell, 5);
  });
  process.stdin.once("end", async () => {
    if (runner) await runner.stop();
    tell();
    process.exit(0);
  });
  process.stdout.write("ready\n");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

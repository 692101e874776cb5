// Teams' own parser takes every card below a folder without a warning, and Slack's own types take theirs.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// The bundle: Node does not find the parts of its modules.
const { AdaptiveCard, SerializationContext } = createRequire(import.meta.url)("adaptivecards/dist/adaptivecards.js");

const folder = process.argv[2];
const here = dirname(fileURLToPath(import.meta.url));

function cards(kind) {
  const names = readdirSync(folder).filter((name) => name.startsWith(`card-${kind}.`));
  if (names.length <= 20) throw new Error(`only ${names.length} cards of ${kind}`);
  return names.map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8"))]);
}

const teams = cards("teams");
for (const [name, message] of teams) {
  const context = new SerializationContext();
  const card = new AdaptiveCard();
  card.parse(message.attachments[0].content, context);
  const wrong = [];
  for (let at = 0; at < context.eventCount; at++) wrong.push(context.getEventAt(at).message);
  wrong.push(...card.validateProperties().validationEvents.map((event) => event.message));
  if (wrong.length > 0) throw new Error(`${name}: ${wrong.join("; ")}`);
  if (card.getItemCount() !== message.attachments[0].content.body.length) throw new Error(`${name}: a part is lost`);
}
console.log(`teams: ${teams.length} cards`);

const slack = cards("slack");
const typed = slack.map(([name, card]) => `// ${name}\ntake(${JSON.stringify(card)});`);
const source = `import type { KnownBlock } from "@slack/types";
declare function take(message: { text: string; blocks: KnownBlock[] }): void;
${typed.join("\n")}
`;
writeFileSync(join(here, "cards.ts"), source);
execFileSync(join(here, "node_modules/.bin/tsc"), ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "esnext", "cards.ts"], {
  cwd: here,
  stdio: "inherit",
});
console.log(`slack: ${slack.length} cards are of Slack's types`);

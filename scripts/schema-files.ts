// The descriptions for machines: made by the build and by `npm run generate -- --out DIR`. The repository keeps digests.
import { createHash } from 'node:crypto'
import packageJson from '../package.json' with { type: 'json' }
import { publishedSchema } from '../src/config/keys.ts'
import { configSchema } from '../src/config/schema.ts'
import { known } from '../src/daemon/known.ts'
import { gatesSchema } from '../src/http/json-schema.ts'
import { openApi } from '../src/http/openapi.ts'

/** Where the digests are, in the repository. */
export const digestsFile = 'docs/generated/digests.json'

/** Text of each description by the name of its file. */
export function schemaFiles(): Readonly<Record<string, string>> {
  const documents = {
    'openapi.json': openApi(packageJson.version),
    'gates.schema.json': gatesSchema(),
    'config.schema.json': publishedSchema(configSchema(known)),
  }
  return Object.fromEntries(
    Object.entries(documents).map(([name, document]) => [name, `${JSON.stringify(document, null, 2)}\n`]),
  )
}

/** The digest of each description, so that a change of one shows in a review. */
export function digests(): string {
  const sums = Object.entries(schemaFiles()).map(([name, text]) => [
    name,
    `sha256:${createHash('sha256').update(text).digest('hex')}`,
  ])
  return `${JSON.stringify(Object.fromEntries(sums), null, 2)}\n`
}

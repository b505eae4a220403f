// `npm run generate`: writes the files that are made from code. `--check` writes nothing and names what would change;
// `--out DIR` writes OpenAPI and the JSON Schemas there.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { configFiles } from '../src/config/reference.ts'
import { known } from '../src/daemon/known.ts'
import { dashboardFiles } from '../dashboards/source/files.ts'
import { alertFiles } from './alert-files.ts'
import { chartReadme } from './chart-readme.ts'
import { chartFiles } from './chart-schema.ts'
import { cliReference } from './cli-reference.ts'
import { probeFiles } from '../src/probes/reference.ts'
import { generatedFiles } from './http-files.ts'
import { schemaFiles } from './schema-files.ts'

const root = resolve(import.meta.dirname, '..')

type Files = Readonly<Record<string, string>>

/** Text of each generated file by its path; one line for each source. */
const generators: readonly (() => Files | Promise<Files>)[] = [
  () => cliReference(),
  () => configFiles(known),
  () => generatedFiles(),
  () => probeFiles(),
  () => chartFiles(known),
  () => chartReadme(),
  () => alertFiles(),
  () => dashboardFiles(),
]

async function formatted(file: string, text: string): Promise<string> {
  if (file.endsWith('.json')) return text
  return format(text, { ...(await resolveConfig(join(root, file))), filepath: file })
}

async function generate(isCheck: boolean): Promise<number> {
  const stale: string[] = []
  const made = await Promise.all(generators.map(async (generator) => generator()))
  for (const [file, text] of made.flatMap(Object.entries<string>)) {
    const path = join(root, file)
    const wanted = await formatted(file, text)
    const held = await readFile(path, 'utf8').catch(() => undefined)
    if (held === wanted) continue
    stale.push(file)
    if (isCheck) continue
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, wanted)
  }
  for (const file of stale) process.stdout.write(`${isCheck ? 'stale' : 'written'}: ${file}\n`)
  return isCheck && stale.length > 0 ? 1 : 0
}

async function describe(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(schemaFiles())) await writeFile(join(folder, name), text)
  return 0
}

const { check, out } = parseArgs({
  options: { check: { type: 'boolean', default: false }, out: { type: 'string' } },
}).values
process.exitCode = out === undefined ? await generate(check) : await describe(out)

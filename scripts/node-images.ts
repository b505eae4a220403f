// Builds the images that a real node runs in the tests, as OCI archives below ~/.cache/caracal-gate/node-images, each
// named after a digest of what it is made of. Needs root and Debian's buildah and debootstrap.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { builtFolder } from '../rig/go-program.ts'
import { nodeAddress } from '../rig/node/network.ts'
import { platformPort } from '../rig/node/pods.ts'
import { pauseProgram } from '../rig/node/programs.ts'

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)
// Without a container engine, as scripts/image.sh has it.
const env = { ...process.env, STORAGE_DRIVER: process.env['STORAGE_DRIVER'] ?? 'vfs' }

/** Archives of the images; each holds the tag `1` of one. */
export type NodeImages = {
  /** The product's, of the Dockerfile. */
  readonly exporter: string
  /** What runs in pods of the platform, with psql and redis-cli for the Jobs of the chart. */
  readonly platform: string
  readonly pause: string
}

/** Builds what is not there yet; the programs of the node must be there. `say` hears what takes long. */
export async function buildNodeImages(say: (line: string) => void): Promise<NodeImages> {
  const pause = join(builtFolder(pauseProgram), 'program')
  const pod = join(root, 'rig/node/pod.mjs')
  return {
    exporter: await archive('exporter', sourcesOfImage(), (file) => buildExporter(file, say)),
    platform: await archive('platform', [pod, import.meta.filename, process.execPath], (file) =>
      fromFolder(file, (folder) => fillPlatform(folder, pod), ['/bin/node', '/pod.mjs']),
    ),
    pause: await archive('pause', [pause], (file) =>
      fromFolder(file, (folder) => copyFile(pause, join(folder, 'pause')), ['/pause']),
    ),
  }
}

/** What the Dockerfile copies, and what builds it. */
function sourcesOfImage(): readonly string[] {
  const named = ['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json', 'LICENSE', 'Dockerfile']
  const scripts = ['scripts/build.ts', 'scripts/schema-files.ts', 'scripts/image.sh']
  const found = globSync('src/**/*', { cwd: root, withFileTypes: true }).filter((entry) => entry.isFile())
  const sources = found.map((entry) => relative(root, join(entry.parentPath, entry.name)))
  return [...named, ...scripts, ...sources.toSorted()].map((name) => join(root, name))
}

async function archive(
  name: string,
  sources: readonly string[],
  build: (file: string) => Promise<void>,
): Promise<string> {
  const digest = createHash('sha256')
  for (const source of sources) digest.update(`${relative(root, source)}\n`).update(readFileSync(source))
  const file = join(
    dirname(dirname(builtFolder(pauseProgram))),
    'node-images',
    `${name}-${digest.digest('hex').slice(0, 32)}.tar`,
  )
  if (existsSync(file)) return file
  await mkdir(dirname(file), { recursive: true })
  const scratch = await mkdtemp(`${file}.new-`)
  try {
    await build(join(scratch, 'image.tar'))
    await rename(join(scratch, 'image.tar'), file)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return file
}

async function buildExporter(file: string, say: (line: string) => void): Promise<void> {
  say('Building the image of the exporter (minutes on 2 cores) ...')
  const image = 'gate.test/caracal-gate-exporter:node-test'
  await run('nice', ['-n', '5', 'bash', 'scripts/image.sh', '--stand-in', image], {
    cwd: root,
    env,
    maxBuffer: 2 ** 26,
  })
  await push(image, file)
}

/** An image of nothing but a folder. */
async function fromFolder(
  file: string,
  fill: (folder: string) => Promise<void>,
  entrypoint: readonly string[],
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gate-image-'))
  // Where its pods ask what they are.
  const place = `PLATFORM=${nodeAddress}:${platformPort}`
  const image = `gate.test/node-test-${process.pid}:1`
  try {
    await chmod(folder, 0o755)
    await fill(folder)
    const container = await buildah('from', 'scratch')
    await buildah('copy', '--quiet', container, folder, '/')
    await buildah(
      'config',
      '--entrypoint',
      JSON.stringify(entrypoint),
      '--env',
      'PATH=/bin',
      '--env',
      place,
      container,
    )
    await buildah('commit', '--quiet', '--rm', container, image)
    await push(image, file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function push(image: string, file: string): Promise<void> {
  await buildah('push', '--quiet', image, `oci-archive:${file}:1`)
  await buildah('rmi', image)
}

async function buildah(...args: readonly string[]): Promise<string> {
  return (await run('nice', ['-n', '5', 'buildah', ...args], { env })).stdout.trim()
}

/** Node, psql, redis-cli and sh with the libraries that they name, and what runs in a pod. */
async function fillPlatform(folder: string, pod: string): Promise<void> {
  await mkdir(join(folder, 'bin'))
  await mkdir(join(folder, 'tmp'), { mode: 0o1777 })
  // Debian's psql is a script that finds the program of the newest version.
  const [psql = 'psql'] = globSync('/usr/lib/postgresql/*/bin/psql').toSorted().toReversed()
  const programs: Readonly<Record<string, string>> = {
    node: process.execPath,
    psql,
    'redis-cli': '/usr/bin/redis-cli',
    sh: await realpath('/bin/sh'),
  }
  for (const [name, path] of Object.entries(programs)) {
    await copyFile(path, join(folder, 'bin', name))
    const { stdout } = await run('ldd', [path])
    for (const [library] of stdout.matchAll(/\/\S+/g)) {
      const place = join(folder, library)
      await mkdir(dirname(place), { recursive: true })
      await copyFile(library, place)
    }
  }
  await copyFile(pod, join(folder, 'pod.mjs'))
}

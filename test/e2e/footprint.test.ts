import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { allocator, mirrorOptions, nodeOptions } from '../../src/cli/footprint.ts'
import { cleanUp, exporter, listen, root, startProgram } from '../support/cli-process.ts'
import { report } from '../unit/cli/reports.ts'

const folder = mkdtempSync(join(tmpdir(), 'gate-footprint-'))
const configuration = join(folder, 'caracal-gate.yaml')
const bundle = join(folder, 'dist')
const bin = join(folder, 'caracal-gate')

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['scripts/build.ts', bundle], { cwd: root })
  symlinkSync(join(bundle, 'main.js'), bin)
  // Nothing listens there: a daemon needs no platform to start.
  const services = ['api', 'sts', 'gateway', 'audit', 'coordinator'].map(
    (service, index) => `${service}: { replicas: [http://127.0.0.1:${index + 1}] }`,
  )
  writeFileSync(
    configuration,
    [
      `services: { ${services.join(', ')} }`,
      'redis: { url: redis://127.0.0.1:6 }',
      'postgres: { url: postgres://gate@127.0.0.1:7/caracal, tls: { mode: "off" } }',
      'kubernetes: { enabled: false }',
      'http: { listen: 127.0.0.1:0 }',
    ].join('\n'),
  )
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(cleanUp)

/** What a file of this process in /proc says, whose parts end with a zero byte. */
function partsOf(pid: number, file: 'cmdline' | 'environ'): readonly string[] {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0')
}

describe('the memory of the daemon', () => {
  // The program that is started, and the words before `serve`.
  const node = process.execPath
  it.each([
    ['from its sources', node, [join(root, 'src/main.ts')]],
    ['from the bundle', node, [join(bundle, 'main.js')]],
    ['by the bin of the package', bin, []],
  ])('is kept small when it is started %s', async (_, program, words) => {
    const PATH = dirname(node)
    const daemon = startProgram(program, [...words, 'serve', '--config', configuration], { PATH })
    await daemon.said('listening on')
    // The process that a supervisor started is the one that runs.
    expect(partsOf(daemon.pid, 'cmdline')).toEqual(
      expect.arrayContaining([...nodeOptions, expect.stringMatching(/^--max-old-space-size=\d+$/)]),
    )
    const settings = Object.entries(allocator).map(([name, value]) => `${name}=${value}`)
    expect(partsOf(daemon.pid, 'environ')).toEqual(expect.arrayContaining(settings))
    daemon.send('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
  })
})

describe('the memory of a mirror', () => {
  it('is less than 20 MB of its own, beside the program of Node', async () => {
    const { url } = await listen(exporter(report()).listener)
    const args = ['mirror', '--rollout', 'caracal/47', '--listen', '127.0.0.1:0', '--url', url]
    const mirror = startProgram(process.execPath, [join(bundle, 'main.js'), ...args], {})
    await mirror.said('"ready":true')
    expect(partsOf(mirror.pid, 'cmdline')).toEqual(expect.arrayContaining([...mirrorOptions]))
    const [, own = ''] =
      /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${mirror.pid}/status`, 'utf8')) ?? []
    expect(Number(own)).toBeGreaterThan(1_000)
    expect(Number(own)).toBeLessThan(20_000)
  })
})

/** Modules of Node that load much and that a mirror without a token and TLS has no use for. */
const needless = [
  'crypto',
  'internal/crypto/webcrypto',
  'internal/deps/undici/undici',
  'internal/fs/promises',
  'internal/repl/history',
  'internal/util/parse_args/parse_args',
  'readline',
  'tls',
  'worker_threads',
  'zlib',
]

describe('the modules of Node that a mirror loads', () => {
  it('are those that it uses', async () => {
    const told = join(folder, 'loaded.cjs')
    writeFileSync(told, `process.on('exit', () => console.error(process.moduleLoadList.join('\\n')))`)
    const { url } = await listen(exporter(report()).listener)
    const args = ['mirror', '--rollout', 'caracal/47', '--listen', '127.0.0.1:0', '--url', url]
    const env = { NODE_OPTIONS: `--require ${told}` }
    const mirror = startProgram(process.execPath, [join(bundle, 'main.js'), ...args], env)
    await mirror.said('"ready":true')
    mirror.send('SIGTERM')
    const loaded = (await mirror.ended).stderr
      .split('\n')
      .flatMap((line) => (line.startsWith('NativeModule ') ? [line.slice('NativeModule '.length)] : []))
    expect(loaded).toContain('http')
    expect(loaded.filter((name) => needless.includes(name))).toEqual([])
  })
})

describe('the bundle', () => {
  const chunks = () =>
    readdirSync(join(bundle, 'chunks'))
      .filter((name) => name.endsWith('.js'))
      .map((name) => ({ name, text: readFileSync(join(bundle, 'chunks', name), 'utf8') }))

  // Each of these was some megabytes of the daemon's memory: its source stays there for as long as it runs.
  it('has nothing of packages that nothing uses, and takes a byte for a letter', () => {
    const texts = chunks()
    const holding = (part: RegExp) => texts.filter(({ text }) => part.test(text)).map(({ name }) => name)
    // The models that client-node is generated with, the languages of zod, and comments.
    expect(holding(/V1JSONSchemaProps/)).toEqual([])
    expect(holding(/locales\/he\.js|\\u05E7\\u05DC\\u05D8/i)).toEqual([])
    expect(holding(/^ +\* @param/m)).toEqual([])
    const large = texts.filter(({ text }) => text.length > 64 * 1024)
    expect(large.filter(({ text }) => /[^\0-\x7f]/.test(text)).map(({ name }) => name)).toEqual([])
  })

  // An import reads every export, and some exports load other modules as they are read.
  it('imports no module of Node but what requires the others', () => {
    const imported = chunks().flatMap(({ text }) =>
      [...text.matchAll(/\bfrom ?["'](?:node:)?([\w/]+)["']/g)].map(([, name = '']) => name),
    )
    expect(imported).toContain('module')
    expect(imported.filter((name) => name !== 'module' && isBuiltin(name))).toEqual([])
  })
})

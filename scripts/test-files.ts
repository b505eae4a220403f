import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { clientPrograms, locateClient } from '../rig/clients.ts'
import { locateControlPlane } from '../rig/kubernetes/binaries.ts'
import { podAddresses } from '../rig/kubernetes/pod-addresses.ts'
import { locateHelm } from './helm.ts'
import { missingParts } from './system-parts.mjs'

const root = resolve(import.meta.dirname, '..')

/** A test file that this machine cannot run. */
export interface LeftOut {
  readonly file: string
  readonly why: string
}

function testFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file))
    .toSorted()
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+\.ts)'/g)].map(
    ([, specifier = '']) => specifier,
  )
  return specifiers.map((specifier) => resolve(dirname(path), specifier)).filter((file) => existsSync(file))
}

/** The text of a test file and of everything of test/ and rig/ that it imports. */
function textsOf(file: string): string[] {
  const reached = new Set([join(root, file)])
  const texts: string[] = []
  for (const path of reached) {
    const text = readFileSync(path, 'utf8')
    texts.push(text)
    for (const next of importsOf(path, text))
      if (next.startsWith(join(root, 'test/')) || next.startsWith(join(root, 'rig/'))) reached.add(next)
  }
  return texts
}

/** Something that tests take from outside, and the name by which they are known to take it. */
interface Need {
  readonly name: string
  /** Why it is not to be had here. */
  readonly why: string
}

// A test needs a thing when it, or a file that it imports, names it. End-to-end tests start whole
// processes that import the rig on their own, so all of those need Redis.
function needs(file: string, name: string): boolean {
  if (name === 'redis-server' && file.startsWith('test/e2e/')) return true
  return textsOf(file).some((text) => text.includes(name))
}

/** The files of the tests that start servers and name a thing, such as `kube-apiserver`. */
export function filesThatNeed(name: string): string[] {
  const files = [...testFiles('test/integration'), ...testFiles('test/e2e')]
  return files.filter((file) => needs(file, name))
}

/** What is missing on this machine; `failed` says why what should have been made was not. */
async function missingNeeds(failed: ReadonlyMap<string, string>): Promise<Need[]> {
  const parts = missingParts([
    'redis-server',
    'promtool',
    'alertmanager',
    'chromium',
    'psql',
    'pgbouncer',
    'faketime',
  ])
  const missing: Need[] = parts.map(({ name, advice }) => ({ name, why: `no ${name} (${advice})` }))
  const controlPlane = locateControlPlane()
  if (!controlPlane.found) {
    const why = failed.get('kube-apiserver') ?? controlPlane.why
    missing.push({ name: 'kube-apiserver', why: `no Kubernetes control plane: ${why}` })
  }
  if (locateHelm() === undefined)
    missing.push({ name: 'helmBinary', why: failed.get('helmBinary') ?? 'no helm: node scripts/helm.ts' })
  for (const name of clientPrograms().map(({ client }) => client)) {
    if (locateClient(name) !== undefined) continue
    missing.push({
      name,
      why: failed.get(name) ?? `no ${name}: node scripts/clients.ts ${name}, which needs Go`,
    })
  }
  const addresses = await podAddresses()
  await addresses.release()
  if (!addresses.bindable)
    missing.push({ name: 'podAddresses', why: `pods can have no addresses here: ${addresses.why}` })
  // It gives programs files of the system of their own, and takes a port that only root may have.
  if (process.getuid?.() !== 0 || spawnSync('unshare', ['-m', 'true']).status !== 0)
    missing.push({
      name: 'silentNameServer',
      why: 'no name server of its own: needs Linux, root and unshare',
    })
  return missing
}

/** The test files that cannot run here because something is missing, each with what to do about it. */
export async function filesToLeaveOut(failed: ReadonlyMap<string, string> = new Map()): Promise<LeftOut[]> {
  const reasons = new Map<string, string[]>()
  for (const { name, why } of await missingNeeds(failed)) {
    for (const file of filesThatNeed(name)) reasons.set(file, [...(reasons.get(file) ?? []), why])
  }
  return [...reasons].map(([file, whys]) => ({ file, why: whys.join('; ') }))
}

// Runs a script of this repository on a machine that has nothing but Node 20 or newer and npm:
//   node scripts/run.mjs <script.ts> [arguments]
// It installs the npm packages of package-lock.json, finds a Node that runs TypeScript, and installs the
// system's parts where it may. Plain JavaScript without dependencies: nothing is installed when it starts.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingParts } from './system-parts.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** What each script takes from the system. */
const partsOfScript = {
  'scripts/test.ts': ['redis-server', 'promtool', 'iproute2', 'psql', 'pgbouncer', 'faketime'],
  'demo/main.ts': ['redis-server'],
  'bench/main.ts': ['redis-server'],
  'test/node/main.ts': [
    'redis-server',
    'psql',
    'iproute2',
    'containerd',
    'runc',
    'cni',
    'iptables',
    'ipset',
    'conntrack',
    'dnsmasq',
    'buildah',
    'debootstrap',
  ],
  'chaos/main.ts': ['redis-server', 'faketime'],
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

function stop(text) {
  say(`\n${text}`)
  process.exit(1)
}

function readPackages(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages
}

/** npm leaves a record of what it installed, written last: it is compared with what the lock file asks for. */
function packagesAreInstalled() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false
  const wanted = readPackages('package-lock.json')
  const installed = readPackages('node_modules/.package-lock.json')
  const same = (path) => wanted[path]?.version === installed[path]?.version
  const needed = Object.keys(wanted).filter((path) => path !== '' && wanted[path].optional !== true)
  return [...needed, ...Object.keys(installed)].every(same)
}

/** Says every few seconds how many packages are there; on a terminal in one line. */
function showProgress() {
  const startedAt = Date.now()
  const wanted = Object.entries(readPackages('package-lock.json'))
    .filter(([path, { optional }]) => path !== '' && optional !== true)
    .map(([path]) => join(root, path, 'package.json'))
  const { isTTY } = process.stderr
  const timer = setInterval(
    () => {
      const there = wanted.filter((file) => existsSync(file)).length
      const seconds = Math.round((Date.now() - startedAt) / 1_000)
      const text = `  ${there} of ${wanted.length} packages after ${seconds} s`
      process.stderr.write(isTTY ? `\r${text}\u001b[K` : `${text}\n`)
    },
    isTTY ? 500 : 5_000,
  )
  return () => {
    clearInterval(timer)
    if (isTTY) process.stderr.write('\r\u001b[K')
  }
}

async function installPackages() {
  say('Installing the packages of package-lock.json (about half a minute, once) ...')
  const args = ['ci', '--include=dev', '--include=optional', '--loglevel=error', '--no-progress']
  const ownNpm = process.env['npm_execpath']
  const [command, first] = ownNpm ? [process.execPath, [ownNpm]] : ['npm', []]
  const npm = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
  const hide = showProgress()
  const [code, error] = await new Promise((resolve) => {
    npm.on('error', (failure) => resolve([1, failure]))
    npm.on('exit', (status) => resolve([status ?? 1]))
  })
  hide()
  if (error) stop(`npm could not be started (${error.message}). Install npm and try again.`)
  if (code !== 0) stop(`npm ci failed in ${root}: see above. It needs the network and a writable folder.`)
}

function runsTypeScript(version) {
  const [major, minor] = version.replace('v', '').split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}

/** Node 24 from npm where there is one for this platform, else the one that runs this file if it is new enough. */
function findNode() {
  const fromNpm = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`)
  if (existsSync(fromNpm)) {
    const asked = spawnSync(fromNpm, ['--version'], { encoding: 'utf8' })
    if (asked.status === 0 && runsTypeScript(asked.stdout.trim())) return fromNpm
  }
  if (runsTypeScript(process.version)) return process.execPath
  return stop(
    `Node 22.19 or newer is needed; this is ${process.version}, and npm brought none that runs on ` +
      `${process.platform}-${process.arch}. Install Node 24 (https://nodejs.org) and try again.`,
  )
}

function installSystemParts(missing) {
  const may =
    process.getuid?.() === 0 && ['/usr/bin/apt-get', '/bin/apt-get'].some((path) => existsSync(path))
  if (!may) return
  const packages = missing.map((part) => part.debianPackage)
  say(`Installing ${packages.join(', ')} (Debian packages, once) ...`)
  spawnSync('bash', [join(root, 'scripts/setup-debian.sh'), ...packages], { stdio: ['ignore', 2, 2] })
}

function ensureSystemParts(names) {
  const missing = missingParts(names)
  if (missing.length > 0) installSystemParts(missing)
  for (const part of missingParts(names)) {
    say('\n!!! =================================================================')
    say(`!!! MISSING: ${part.name}, and it could not be installed from here.`)
    say(`!!! ${part.advice}`)
    say('!!! =================================================================\n')
  }
}

function runScript(node, script, args) {
  const bin = join(root, 'node_modules/.bin')
  const path = [dirname(node), bin, process.env['PATH'] ?? ''].join(delimiter)
  const child = spawn(node, [join(root, script), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  })
  // At a terminal Ctrl-C reaches the child directly; a second one would cut its clean end short.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  // npm was killed: what it started ends too.
  const parent = process.ppid
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500).unref()
  child.on('error', (error) => stop(`${node} could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

const [script, ...args] = process.argv.slice(2)
if (script === undefined) stop('usage: node scripts/run.mjs <script.ts> [arguments]')
if (!packagesAreInstalled()) await installPackages()
const node = findNode()
ensureSystemParts(partsOfScript[script] ?? [])
runScript(node, script, args)

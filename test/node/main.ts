// The product in real pods: `npm run test:node [-- names of scenarios]`, as root on Linux.
// Builds what a node and its images need, then runs inside.ts in namespaces of its own (network, mounts, processes), with
// which everything that was started there ends, whatever happens to it. docs/internals/test-node.md says what is shown.
import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCgroup, removeCgroup } from '../../rig/node/cgroups.ts'
import { buildControlPlane } from '../../scripts/control-plane.ts'
import { helmBinary, oldestHelmBinary } from '../../scripts/helm.ts'
import { buildNodeImages } from '../../scripts/node-images.ts'
import { buildNodePrograms } from '../../scripts/node-programs.ts'
import type { Materials } from './ground.ts'
import { scenariosNamed } from './scenarios.ts'

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function main(names: readonly string[]): Promise<number> {
  scenariosNamed(names)
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('npm run test:node needs Linux and root: it makes namespaces, control groups and mounts')
  await buildControlPlane(say)
  const { programs, policies } = await buildNodePrograms(say)
  const helm = await helmBinary(say)
  const oldestHelm = await oldestHelmBinary(say)
  if (helm === undefined || oldestHelm === undefined)
    throw new Error('there is no helm: node scripts/helm.ts says why')
  const images = await buildNodeImages(say)
  const folder = await mkdtemp(join(tmpdir(), 'caracal-node-'))
  const cgroup = folder.slice(folder.lastIndexOf('/') + 1)
  // Postgres runs as a user of its own, in a folder below.
  await chmod(folder, 0o711)
  await mkdir(join(folder, 'tmp'), { mode: 0o711 })
  await makeCgroup(cgroup)
  try {
    return await runInside({ programs, policies, helm, oldestHelm, images, folder, cgroup }, names)
  } finally {
    await removeCgroup(cgroup)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Runs the scenarios in namespaces; a signal to us ends all that is in them. */
async function runInside(materials: Materials, names: readonly string[]): Promise<number> {
  const inside = join(import.meta.dirname, 'inside.ts')
  // The shell is the first process there, and takes leave of those whose parents are gone. /run is a new one, since
  // containerd keeps sockets there whatever its configuration says.
  const script = 'mount -t tmpfs run /run && { "$@" & wait "$!"; }'
  const isolated = ['--net', '--mount', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc']
  const command = ['unshare', ...isolated, 'sh', '-c', script, 'sh', process.execPath, inside, ...names]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      // Debian's root shell may lack the folders of iptables and ip.
      PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
      TMPDIR: join(materials.folder, 'tmp'),
      NODE_TEST_MATERIALS: JSON.stringify(materials),
    },
  })
  const stop = () => void child.kill('SIGKILL')
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop)
  const code = await new Promise<number>((done, fail) => {
    child.once('error', fail)
    child.once('exit', (status) => done(status ?? 130))
  })
  process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop)
  return code
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.stdout.write('0 passed, 1 failed\n')
  return 1
})

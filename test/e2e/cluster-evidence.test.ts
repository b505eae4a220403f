import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { dirname } from 'node:path'
import { helmBinary, kubectlBinary } from '../../scripts/helm.ts'
import { components } from '../../src/core/replica.ts'
import { defaultLimits } from '../../src/rules/limits.ts'
import type { Options } from '../../src/rules/options.ts'
import type { GateReport } from '../../src/contract/document.ts'
import { platformStreams } from '../../src/rules/platform.ts'
import { cleanUp, run, type Ended } from '../support/cli-process.ts'
import { changesOf } from '../support/cluster-changes.ts'
import { setClusterGround, type ClusterGround } from '../support/cluster-ground.ts'
import { checkIn, author, proceeds, type Gate } from '../support/daemon.ts'
import { commandFor, everyCommand, paste, type Pasted } from '../support/first-actions.ts'

// What a pipeline does around a real `helm upgrade`, with the command line alone.

let ground: ClusterGround
let gate: Gate
let helm: string

beforeAll(async () => {
  helm = (await helmBinary()) ?? 'helm'
  ground = await setClusterGround()
  await ground.cluster.upgrade()
  ground.configure()
  gate = await ground.start()
})
afterEach(cleanUp)
afterAll(() => ground.end())

function gateCommand(command: string, ...args: readonly string[]): Promise<Ended> {
  return run([...command.split(' '), ...args, '--url', gate.url], {
    CARACAL_GATE_TOKEN: ground.token,
    CARACAL_GATE_ACTOR: 'pipeline-17',
  })
}

function render(tag: string, ...args: readonly string[]): Promise<Ended> {
  const { chart, release, namespace } = ground.cluster
  const where = ['--helm', helm, '--chart', chart, '--release', release, '--namespace', namespace]
  return gateCommand('evidence render', ...where, '--set', `tag=${tag}`, ...args)
}

describe('a pipeline around helm upgrade', () => {
  it('renders before the rollout begins, and that counts for it', async () => {
    const rendered = await render('v2', '--rollout', 'caracal/48')
    expect(rendered).toMatchObject({ code: 0, stderr: '' })
    const begun = await gate.post('/rollouts', { id: 'caracal/48', phase: 'preflight', ...author })
    expect(begun.status).toBe(201)
    const report = await gate.until(
      'it counts before Helm has applied it',
      (found) => checkIn(found, 'manifest-digest').state === 'pass',
      20,
    )
    expect(checkIn(report, 'manifest-digest').message).toContain('compared once Helm has applied it')
  })

  it('may proceed when Helm has applied what was rendered', async () => {
    await ground.cluster.upgrade({ tag: 'v2' })
    const message = ['--message', 'the previous version was tested on this schema', '--rollout', 'caracal/48']
    const pushed = await gateCommand('evidence push', 'schema-compatibility', '--outcome', 'pass', ...message)
    expect(pushed.code).toBe(0)
    const waited = await gateCommand('wait', '--rollout', 'caracal/48', '--timeout', '60s')
    expect([waited.code, waited.stderr]).toEqual([0, ''])
    const report = await gate.until('it may proceed', proceeds, 10)
    const { state, message: said } = checkIn(report, 'manifest-digest')
    expect([state, said]).toEqual(['pass', expect.not.stringContaining('compared once')])
  })

  it('is refused for another manifest from then on, and may look at the same once more', async () => {
    const other = await render('v3', '--rollout', 'caracal/48')
    expect([other.code, other.stdout]).toEqual([5, ''])
    expect(other.stderr).toMatch(
      /the release has another manifest: it is about sha256:.* revision 2 .*\(409\)/,
    )
    expect((await render('v2')).code).toBe(0)
    await gate.until('it proceeds', proceeds, 40)
  })

  it('sees its check fail when Helm then applies something else', async () => {
    await ground.cluster.upgrade({ tag: 'v3' })
    const report = await gate.until(
      'the digest differs',
      (found) => checkIn(found, 'manifest-digest').state === 'fail',
      20,
    )
    expect(checkIn(report, 'manifest-digest').reason).toBe('manifest_differs')
    expect(report.verdict).not.toBe('proceed')
    expect((await render('v3')).code).toBe(0)
    await gate.until('it is what was rendered', proceeds, 40)
  })
})

describe('R222: a canary in a cluster', () => {
  /** What a canary says that went through every pod there is, by the addresses that it resolved. */
  function pushed(): Promise<{ readonly status: number }> {
    const asked = ['sts', 'gateway', 'audit']
    const replicas = ground.cluster.platform
      .running()
      .flatMap(({ service: component, url }) =>
        asked.includes(component) ? [{ component, replica: new URL(url).host, outcome: 'pass' }] : [],
      )
    return gate.post('/evidence/canary', { ...author, outcome: 'pass', validForSeconds: 600, replicas })
  }

  it('holds until it went through every pod, and again when a pod took the place of another', async () => {
    ground.configure((configuration) => {
      configuration['checks'] = { canary: 'on' }
    })
    gate.signal('SIGHUP')
    const isOf = (reason: string) => (report: GateReport) => checkIn(report, 'canary').reason === reason
    await gate.until('it is asked for', isOf('not_configured'), 20)
    expect((await pushed()).status).toBe(201)
    await gate.until('it went through all', proceeds, 30)

    const name = ground.cluster.platform.running().find(({ service }) => service === 'gateway')?.name ?? ''
    await changesOf(ground.cluster).deletePod(name)
    // A StatefulSet gives the next pod the same name.
    const report = await gate.until('another has its name', isOf('canary_of_former_replica'), 60)
    expect(report.verdict).not.toBe('proceed')
    expect(checkIn(report, 'canary').culprits.map(({ key }) => key)).toEqual([`gateway/${name}`])
    expect((await pushed()).status).toBe(201)
    await gate.until('it went through that one too', proceeds, 60)
  })
})

describe('X43 R145: every first action in a cluster', () => {
  async function pasteAll(commands: readonly string[]): Promise<readonly Pasted[]> {
    const programs = [await kubectlBinary(), helm].map((program = '') => dirname(program))
    const { adminKubeconfigPath } = ground.cluster.controlPlane
    const env = {
      KUBECONFIG: adminKubeconfigPath,
      HOME: dirname(adminKubeconfigPath),
      PATH: [...programs, process.env['PATH']].join(':'),
    }
    return paste(commands, { env })
  }

  function installation(): Options {
    const { release, namespace } = ground.cluster
    return {
      limits: defaultLimits,
      streams: platformStreams,
      components,
      kubernetes: 'on',
      helmSecrets: true,
      release: { name: release, namespace },
    }
  }

  it('names what is there, by options that kubectl and helm have', async () => {
    const pods = ground.cluster.platform.running().map(({ service, name }) => `${service}/${name}`)
    // A key of another check is no name of a Secret or a pod.
    const strange = /describe secret (?!platform-runtime)|(describe pod|logs) (?!caracal-|-l)/
    const commands = [
      ...everyCommand(installation(), pods).filter((command) => /^(kubectl|helm) /.test(command)),
      commandFor(installation(), 'secret-references', 'platform-runtime'),
    ].filter((command) => !strange.test(command))
    expect(commands.length).toBeGreaterThan(25)
    const { logs = [], others = [] } = Object.groupBy(await pasteAll(commands), ({ command }) =>
      command.includes(' logs ') ? 'logs' : 'others',
    )
    expect(others.filter(({ code }) => code !== 0)).toEqual([])
    // Pod and container are known to the API server; the kubelet that has the log is a stand-in without one.
    expect(logs.length).toBeGreaterThan(5)
    expect(logs.filter(({ code, stderr }) => code !== 0 && !stderr.includes('/containerLogs/'))).toEqual([])
  })
})

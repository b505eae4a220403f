import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { acknowledging } from '../../../src/contract/acknowledging.ts'
import { exporterOf, mountedToken } from '../../../src/daemon/exporter.ts'
import { load, minimal } from '../config/loading.ts'

const root = resolve(import.meta.dirname, '../../..')

function text(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

const asked =
  '--token-file "${TOKEN_FILE:?file with a token of scope acknowledge}" --reason "${REASON:?why it is safe to continue}"'

describe('X43: the acknowledgement', () => {
  it('has the address of the exporter, and has the shell ask for token and reason', () => {
    expect(acknowledging('sts-unready', { externalUrl: 'https://ops.example/gate', pod: null })).toEqual({
      command: `caracal-gate ack sts-unready --url https://ops.example/gate ${asked}`,
    })
    expect(acknowledging('sts-unready', { externalUrl: null, pod: null }).command).toContain(
      '--url "${CARACAL_GATE_URL:?address of the exporter}"',
    )
  })

  it('works without a command line of one’s own, by that in the pod', () => {
    const pod = { namespace: 'gate', name: 'caracal-gate-6c9-x', tokenFile: mountedToken('operators') }
    expect(acknowledging('sts-unready', { externalUrl: null, pod }).inPod).toBe(
      'kubectl -n gate exec caracal-gate-6c9-x -c exporter -- node /app/main.js ack sts-unready' +
        ' --actor "${USER:?your name}" --token-file /var/run/caracal-gate/token-operators' +
        ' --reason "${REASON:?why it is safe to continue}"',
    )
  })

  it('names what the image and the chart have', () => {
    expect(text('Dockerfile')).toContain('ENTRYPOINT ["node", "/app/main.js"]')
    expect(text('helm/templates/deployment.yaml')).toContain('- name: exporter')
    expect(text('helm/templates/_config.tpl')).toContain('(printf "token-%s" .name)')
    const [, folder = ''] =
      /define "caracal-gate.secretsFolder" -}}\n(.*)/.exec(text('helm/templates/_secrets.tpl')) ?? []
    expect(mountedToken('x')).toBe(`${folder}/token-x`)
  })
})

describe('where the exporter is', () => {
  const tokens = `tokens:
  - { name: pipeline, scopes: [rollout], token: { env: ONE } }
  - { name: operators, scopes: [acknowledge], token: { env: TWO } }
`
  const env = { ONE: 'canary-0123456789', TWO: 'canary-9876543210' }
  // In a cluster replicas are found.
  const bare = minimal.slice(minimal.indexOf('redis:'))
  const inPod = 'kubernetes: { enabled: true }\nstate: { configMap: gate-state, namespace: gate }\n'

  async function place(yaml: string, base = minimal) {
    const { config } = await load({ yaml: base + yaml, env })
    return exporterOf(config, 'caracal-gate-6c9-x')
  }

  it('is its pod where the chart installed it, with the file of a token that may acknowledge', async () => {
    const found = await place(`${inPod}${tokens}http: { externalUrl: "https://ops.example/gate/" }\n`, bare)
    expect(found).toEqual({
      externalUrl: 'https://ops.example/gate',
      pod: {
        namespace: 'gate',
        name: 'caracal-gate-6c9-x',
        tokenFile: '/var/run/caracal-gate/token-operators',
      },
    })
    expect(JSON.stringify(found)).not.toContain('canary')
    expect(await place(inPod, bare)).toMatchObject({ externalUrl: null, pod: { tokenFile: null } })
  })

  it('is no pod elsewhere', async () => {
    expect(await place(tokens)).toEqual({ externalUrl: null, pod: null })
  })
})

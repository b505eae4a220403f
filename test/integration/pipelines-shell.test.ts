import { afterEach, describe, expect, it } from 'vitest'
import { afterwards, always, cleanUp, listen } from '../support/cli-process.ts'
import type { Asking } from '../support/clients/outcome.ts'
import { documentsIn, fencesOf, fenceWith, listAt, textAt, type Tree } from '../support/clients/recipe.ts'
import { runCurl } from '../support/clients/runners.ts'
import { workplace } from '../support/clients/shell.ts'
import { misbehavingServer, says, type Behaviour } from '../support/misbehaving-server.ts'

afterEach(cleanUp)

const proceed = '{"verdict":"proceed"}'
const hold = '{"verdict":"hold"}'
const stop = '{"verdict":"stop"}'

function asking(url: string): Asking {
  return { url, rollout: 'caracal/47', token: 'a-token', patience: 3 }
}

/** Something else than the exporter: it knows nothing of what was said with the request. */
async function strange(...behaviours: readonly Behaviour[]): Promise<string> {
  let asked = 0
  const server = await misbehavingServer((socket, request) => {
    behaviours[Math.min(asked++, behaviours.length - 1)]?.(socket, request)
  })
  afterwards(() => server.close())
  return server.url
}

/** With the nonce of the request, as the exporter answers. */
function exporter(status: number, body: string): Behaviour {
  return (socket, request) => {
    const { 'caracal-nonce': nonce = '' } = request.headers
    says({ status, headers: { 'Caracal-Nonce': nonce }, body })(socket, request)
  }
}

describe('X04: the document that curl leaves is of this run', () => {
  it.each([
    ['proceed', exporter(200, proceed), 0, proceed],
    ['stop', exporter(409, stop), 22, stop],
    ['a hold that lasts', exporter(503, hold), 22, hold],
    ['a token that is not known', exporter(401, '{"title":"Unauthorized"}'), 22, '{"title":"Unauthorized"}'],
  ] as const)('on %s', async (_, behaviour, code, document) => {
    expect(await runCurl(asking(await strange(behaviour)))).toMatchObject({ code, document })
  })

  it('and none at all when nothing listens', async () => {
    const gone = await listen(always(200, proceed))
    await gone.close()
    expect(await runCurl(asking(gone.url))).toMatchObject({ code: 7, document: undefined })
  })

  it('and never that of an answer before the last', async () => {
    const broken: Behaviour = (socket) => socket.destroy()
    const ran = await runCurl(asking(await strange(exporter(503, hold), broken)))
    expect([ran.code, ran.document]).toEqual([52, ''])
  })

  it('though --fail would leave that of an earlier run', async () => {
    const url = await strange(exporter(409, stop))
    const old = (script: string) => script.replace('--fail-with-body', '--fail').replace(/^rm .*$/m, '')
    const { code, document } = await runCurl(asking(url), old)
    expect([code, document]).toEqual([22, expect.stringContaining('proceed')])
    const fixed = (script: string) => script.replace('--fail-with-body', '--fail')
    expect(await runCurl(asking(url), fixed)).toMatchObject({ code: 22, document: undefined })
  })

  it('nor does looking once leave one', async () => {
    const place = await workplace()
    await place.write('gates.json', proceed)
    const gone = await listen(always(200, proceed))
    await gone.close()
    const file = await place.write('look.sh', fenceWith('curl.md', 'sh', '%{http_code}\\n'))
    expect((await place.run('sh', [file], { CARACAL_GATE_URL: gone.url })).code).toBe(7)
    expect((await place.run('cat', ['gates.json'], {})).code).toBe(1)
  })
})

describe('X04: a pipeline that ends before its gate leaves no document of an earlier run', () => {
  const [azure] = documentsIn(fencesOf('azure.md', 'yaml')[0] ?? '')
  it.each([
    ['in a shell', fenceWith('README.md', 'sh', 'ROLLOUT="caracal/$CI_PIPELINE_ID"')],
    ['on an agent of Azure Pipelines', textAt(azure, 'stages', 0, 'jobs', 0, 'steps', 0, 'bash')],
  ])('%s', async (_, script) => {
    const place = await workplace()
    await place.write('gates.json', '{"verdict":"proceed"}')
    const file = await place.write('step.sh', script)
    const env = { CI_JOB_URL: 'x', CI_PIPELINE_ID: '107', ROLLOUT: 'caracal/107', CARACAL_GATE_TOKEN: 't' }
    // There is no chart here.
    expect((await place.run('bash', [file], env)).code).not.toBe(0)
    expect((await place.run('cat', ['gates.json'], {})).code).toBe(1)
  })

  it('in GitHub Actions, where only a gate that was asked is uploaded', () => {
    const [workflow] = documentsIn(fencesOf('github-actions.md', 'yaml')[0] ?? '')
    const steps = listAt(workflow, 'jobs', 'upgrade', 'steps') as readonly Tree[]
    expect(steps.find(({ name }) => name === 'Gate')).toMatchObject({ id: 'gate' })
    expect(steps.at(-1)).toMatchObject({ if: "always() && steps.gate.outcome != 'skipped'" })
  })
})

describe('X94: curl does not open', () => {
  const page = says({ type: 'text/html', body: '<title>Sign in</title>' })
  it.each([
    ['at a redirect', [says({ status: 302, headers: { location: '/login' } })]],
    ['at a sign-in page with 200', [page]],
    ['at 204', [says({ status: 204 })]],
    ['at a proceed without the nonce', [says({ body: proceed })]],
    [
      'at a proceed with another nonce',
      [says({ headers: { 'caracal-nonce': 'a'.repeat(32) }, body: proceed })],
    ],
    ['at a page that comes after the exporter held', [exporter(503, hold), page]],
  ] as const)('%s', async (_, behaviours) => {
    const { code, stderr } = await runCurl(asking(await strange(...behaviours)))
    expect([code, stderr]).toEqual([1, expect.stringMatching(/no answer of the exporter: (200|204|302)\n$/)])
  })

  it('though it would without looking for the nonce', async () => {
    const url = await strange(says({ status: 302, headers: { location: '/login' } }))
    const old = (script: string) => script.replace(/^nonce="\$nonce" awk.*$/m, '')
    expect(await runCurl(asking(url), old)).toMatchObject({ code: 0 })
  })
})

describe('curl that looks once', () => {
  it.each([
    ['proceed', 200],
    ['hold', 412],
    ['stop', 409],
  ] as const)('sees %s as %i', async (_, status) => {
    const url = await strange(exporter(status, proceed))
    const place = await workplace()
    const file = await place.write('look.sh', fenceWith('curl.md', 'sh', '%{http_code}\\n'))
    expect(await place.run('sh', [file], { CARACAL_GATE_URL: url })).toMatchObject({
      code: 0,
      stdout: `${status}\n`,
    })
  })
})

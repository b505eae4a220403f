import { createPrivateKey } from 'node:crypto'
import * as z from 'zod'
import { privateKey, withContents, type ContentFields } from './contents.ts'
import { evenIfFaulty } from './fields.ts'
import { Secret } from './secret.ts'

/** How rollouts are exported. */
export function exportsSchema({ file }: ContentFields) {
  return withContents(
    z
      .strictObject({
        signingKeyFile: file(
          'Private key, ed25519, that signs exported rollouts (docs/use/proof.md). Without it exports are not signed.',
          privateKey,
        ),
      })
      .superRefine(signs, evenIfFaulty),
  ).exactOptional()
}

function signs(written: object, context: z.RefinementCtx): void {
  const { signingKeyFile: key } = written as Record<string, unknown>
  if (!(key instanceof Secret) || key.reveal() === '') return
  const type = createPrivateKey(key.reveal()).asymmetricKeyType ?? 'unknown'
  if (type === 'ed25519') return
  const params = { says: `holds a key of type ${type}` }
  const message = 'an ed25519 key, as `openssl genpkey -algorithm ed25519` makes it'
  context.addIssue({ code: 'custom', path: ['signingKeyFile'], message, params })
}

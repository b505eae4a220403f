import { certificateAuthority } from '../../rig/certificate-authority.ts'
import { newKey } from './exported-rollout.ts'

const authority = certificateAuthority()
const identity = authority.issue('gate.example')

/** What a file could hold that the chart mounts, by its name: of the kind that the program takes there. */
export function mountedContent(path: string, index: number): string {
  if (path === 'signing.key') return newKey().privateKey
  if (path.endsWith('ca.crt')) return authority.ca
  if (path.endsWith('.crt')) return identity.cert
  return path.endsWith('.key') ? identity.key : `secret-number-${index}-of-the-test\n`
}

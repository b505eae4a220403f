import { execFile } from 'node:child_process'
import { chmod, chown, copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isRoot, nobody } from './postgres-binaries.ts'

export const superuser = { user: 'postgres', password: 'rig-superuser' } as const

/** PEM files to serve TLS with; `required` refuses connections without it. */
export type Certificate = {
  readonly certFile: string
  readonly keyFile: string
  readonly required?: boolean
}

/** Runs initdb into `folder`/data: passwords for everybody, no locale, nothing forced to the disk. */
export async function initialiseCluster(binaries: string, folder: string): Promise<void> {
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, `${superuser.password}\n`)
  if (isRoot()) {
    await chown(folder, nobody.uid, nobody.gid)
    await chown(passwordFile, nobody.uid, nobody.gid)
  }
  const args = ['-D', join(folder, 'data'), '-U', superuser.user, '--pwfile', passwordFile]
  args.push('--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions')
  const run = promisify(execFile)
  await run(join(binaries, 'initdb'), args, { cwd: folder, ...(isRoot() ? nobody : {}) }).catch(
    (error: unknown) => {
      throw new Error('initdb could not make a database cluster', { cause: error })
    },
  )
}

/** Puts the certificate where Postgres looks for it, with the owner and mode that it insists on. */
export async function installCertificate(folder: string, ssl: Certificate): Promise<void> {
  const copies = [
    [ssl.certFile, join(folder, 'data', 'server.crt')],
    [ssl.keyFile, join(folder, 'data', 'server.key')],
  ] as const
  for (const [from, to] of copies) {
    await copyFile(from, to)
    await chmod(to, 0o600)
    if (isRoot()) await chown(to, nobody.uid, nobody.gid)
  }
  if (ssl.required !== true) return
  const rules = join(folder, 'data', 'pg_hba.conf')
  await writeFile(rules, (await readFile(rules, 'utf8')).replaceAll(/^host(?=\s)/gm, 'hostssl'))
}

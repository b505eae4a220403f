import type { Config } from '../config/schema.ts'
import { heldEvidence } from '../core/pushed.ts'
import { isActive } from '../core/rollout.ts'
import type { Exportable, Exports } from '../http/context.ts'
import { canonical, sha256 } from '../proof/digest.ts'
import { signerOf, type Signer } from '../proof/envelope.ts'
import { ofLife, proofOf, type ProvenBy } from '../rollout/proof.ts'
import type { Engine } from './engine.ts'

/** The rollouts that can be exported, and by which key. */
export function exportsOf(
  engine: Pick<Engine, 'memory' | 'current' | 'rules'>,
  config: Pick<Config, 'exports' | 'release'>,
): Exports {
  const signer = signerIn(config)
  const { name, namespace } = config.release
  return {
    rollouts: rolloutsOf(engine),
    release: { name, namespace },
    ...(signer !== undefined && { signer }),
  }
}

const signers = new WeakMap<object, Signer>()

/** A key is read once for each configuration. */
function signerIn({ exports }: Pick<Config, 'exports'>): Signer | undefined {
  if (exports === undefined) return undefined
  const known = signers.get(exports) ?? signerOf(exports.signingKey.reveal())
  signers.set(exports, known)
  return known
}

function rolloutsOf(engine: Pick<Engine, 'memory' | 'current' | 'rules'>): readonly Exportable[] {
  const { ledger, history, course = { turns: [], cut: true } } = engine.memory()
  const snapshot = engine.current()
  const { rollout } = snapshot
  const held = new Map(
    heldEvidence(snapshot)
      .map(canonical)
      .map((text) => [sha256(text), text]),
  )
  const past = history.map(({ rollout: one, stops, ledger: own, proof }): Exportable => {
    const lines = [...ofLife(own, one), ...(proof?.between ?? [])]
    if (proof === undefined) return { rollout: one, stops, lines }
    return { rollout: one, stops, lines, proof: { ...proof, evidence: withContents(proof.evidence, held) } }
  })
  if (!isActive(rollout)) return past.toReversed()
  const [first] = ofLife(ledger, rollout)
  const proof = proofOf(rollout, snapshot, ledger, course, engine.rules())
  const current: Exportable = {
    rollout,
    stops: Object.fromEntries(
      [...snapshot.stops.values()].flatMap(({ id, latch }) =>
        latch === undefined ? [] : [[id, latch] as const],
      ),
    ),
    lines: first === undefined ? [] : ledger.filter(({ sequence }) => sequence >= first.sequence),
    proof: { ...proof, evidence: withContents(proof.evidence, held) },
    asOf: snapshot.at,
  }
  return [current, ...past.toReversed()]
}

/** What is too long to be kept with a rollout is in an export for as long as the evidence itself is held. */
function withContents(pieces: readonly ProvenBy[], held: ReadonlyMap<string, string>): readonly ProvenBy[] {
  return pieces.map((piece) => {
    const content = piece.content ?? held.get(piece.sha256)
    return content === undefined ? piece : { ...piece, content }
  })
}

import type { RecordingList } from '../contract/recordings.ts'
import { clip, rfc3339 } from './forms.ts'
import { answerJson, pathParameter, type Handler, type Parts } from './handling.ts'
import type { OperationId } from './operations.ts'
import { unknownId } from './problem.ts'

/** The recordings, as they lie there; what is in them is compressed already. */
export function recordingHandlers({
  context: { recordings },
}: Parts): Pick<Record<OperationId, Handler>, 'recordings' | 'recording'> {
  async function list(): Promise<RecordingList> {
    const { isOn, problem, dropped } = recordings.state()
    const all = await recordings.list()
    return {
      enabled: isOn,
      problem: problem === undefined ? null : clip(problem),
      dropped,
      recordings: all.map(({ name, from, to, bytes, rollouts, complete, version, sequence, part }) => ({
        name,
        from: rfc3339(from),
        to: rfc3339(to),
        bytes,
        rollouts: rollouts.map(clip),
        complete,
        version: clip(version),
        sequence: sequence === undefined ? null : clip(sequence),
        part: part ?? null,
      })),
    }
  }

  return {
    recordings: async (_, reply) => answerJson(reply, await list()),
    recording: async (request, reply) => {
      const name = pathParameter(request, 'name')
      const found = await recordings.read(name)
      if (found === undefined) {
        const all = await recordings.list()
        unknownId(
          reply,
          'recording',
          name,
          all.slice(0, 50).map((one) => one.name),
        )
        return
      }
      return reply
        .header('content-type', 'application/zstd')
        .header('content-length', found.bytes)
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('cache-control', 'no-store')
        .send(found.stream)
    },
  }
}

import { crc32, inflateRawSync } from 'node:zlib'

const endOfDirectory = 0x06054b50
const directoryEntry = 0x02014b50
const stored = 0
const deflated = 8

/**
 * The bytes of one file in a ZIP archive (no encryption, no ZIP64; APPNOTE.TXT 4.3). It is read by the central
 * directory, since the headers before the files may leave the sizes out. Throws when it isn't there or is damaged.
 */
export function readZipEntry(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0 || archive.readUInt32LE(end) !== endOfDirectory) throw new Error('not a ZIP archive')
  const count = archive.readUInt16LE(end + 10)
  let at = archive.readUInt32LE(end + 16)
  for (let turn = 0; turn < count; turn += 1) {
    if (archive.readUInt32LE(at) !== directoryEntry) throw new Error('the ZIP archive is damaged')
    const nameLength = archive.readUInt16LE(at + 28)
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === name) return readEntry(archive, at)
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  throw new Error(`the ZIP archive has no ${name}`)
}

function readEntry(archive: Buffer, at: number): Buffer {
  const method = archive.readUInt16LE(at + 10)
  const checksum = archive.readUInt32LE(at + 16)
  const header = archive.readUInt32LE(at + 42)
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
  const packed = archive.subarray(start, start + archive.readUInt32LE(at + 20))
  if (method !== stored && method !== deflated) throw new Error(`ZIP method ${method} is not understood`)
  const content =
    method === stored ? packed : inflateRawSync(packed, { maxOutputLength: archive.readUInt32LE(at + 24) })
  if (crc32(content) !== checksum) throw new Error('the ZIP archive is damaged')
  return content
}

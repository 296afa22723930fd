/** Archives made in memory, as real tools would make them. */
import { createHash } from 'node:crypto';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** Files by their path in the archive. */
export type Files = Readonly<Record<string, Buffer | string>>;

/** The files as .tar. */
export async function tar(files: Files): Promise<Buffer> {
  const stream = pack();
  for (const [name, content] of Object.entries(files)) stream.entry({ name }, content);
  stream.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The files as .tar.gz. */
export async function tarGz(files: Files): Promise<Buffer> {
  return gzipSync(await tar(files));
}

/** What a zip may say of an entry against the facts. */
export interface ZipLie {
  readonly name?: string;
  readonly method?: number;
  readonly size?: number;
  readonly crc?: number;
  readonly flags?: number;
}

/**
 * The files as .zip (APPNOTE 4.3), JPEGs stored and the rest deflated.
 *
 * @param lies - by file: what the headers say instead.
 */
export function zip(files: Files, lies: Readonly<Record<string, ZipLie>> = {}): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const lie = lies[path] ?? {};
    const name = Buffer.from(lie.name ?? path);
    const method = /\.jpe?g$/iu.test(path) ? 0 : 8;
    const data = method === 0 ? content : deflateRawSync(content);
    const fields = Buffer.alloc(26); // version needed … extra length: the same in both headers
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(lie.flags ?? 0x800, 2); // names are UTF-8
    fields.writeUInt16LE(lie.method ?? method, 4);
    fields.writeUInt32LE(lie.crc ?? crc32(content), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(lie.size ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, data]);
    const rest = Buffer.alloc(14); // comment length … offset of the local header
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), fields, rest, name]));
    locals.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

/** A file packed as its name says: `.zip`, `.tar`, `.tar.gz`, `.tgz`, `.gz`, or the one file as it is. */
export async function packed(name: string, files: Files): Promise<Buffer> {
  if (name.endsWith('.zip')) return zip(files);
  if (name.endsWith('.tar')) return tar(files);
  if (/\.(?:tar\.gz|tgz)$/u.test(name)) return tarGz(files);
  const content = Buffer.from(Object.values(files)[0]!);
  return name.endsWith('.gz') ? gzipSync(content) : content;
}

/** Lower-case hex. */
export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

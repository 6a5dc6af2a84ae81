import {
  closeSync, fstatSync, openSync, readdirSync, readSync, renameSync, rmdirSync, statSync, truncateSync, unlinkSync, writeSync, type Stats,
} from 'node:fs'
import { join } from 'node:path'
import type { Attributes, FileSystem, Node, NodeOperations, Stream, StreamOperations } from './core.ts'
import { translateErrors } from './translate-errors.ts'

/**
 * Makes a directory of the host visible at the same path inside. Files are read and written in place: their size costs
 * no memory, and what is written can be watched from outside as it grows.
 */
export function mountDirectory(fs: FileSystem, directory: string): void {
  fs.mkdirTree(directory)
  fs.mount({ mount: () => hostRoot(fs, directory) }, {}, directory)
}

function hostRoot(fs: FileSystem, directory: string): Node {
  const pathOf = (node: Node): string => (node.parent === node ? directory : join(pathOf(node.parent), node.name))

  const createNode = (parent: Node | null, name: string, mode: number): Node =>
    Object.assign(fs.createNode(parent, name, mode, 0), operations)

  const nodeOperations: NodeOperations = {
    getattr: (node) => attributesOf(node, statSync(pathOf(node))),
    setattr(node, { size }) {
      if (size !== undefined) truncateSync(pathOf(node), size)
    },
    // By statSync links are followed here, so that nothing inside ever has to resolve one.
    lookup: (parent, name) => createNode(parent, name, statSync(join(pathOf(parent), name)).mode),
    mknod(parent, name, mode) {
      closeSync(openSync(join(pathOf(parent), name), 'wx', mode & 0o777))
      return createNode(parent, name, mode)
    },
    rename(node, newParent, newName) {
      renameSync(pathOf(node), join(pathOf(newParent), newName))
      Object.assign(node, { parent: newParent, name: newName })
    },
    unlink: (parent, name) => unlinkSync(join(pathOf(parent), name)),
    rmdir: (parent, name) => rmdirSync(join(pathOf(parent), name)),
    readdir: (node) => ['.', '..', ...readdirSync(pathOf(node))],
  }

  const streamOperations: StreamOperations = {
    open(stream) {
      if (fs.isFile(stream.node.mode)) stream.hostFd = openSync(pathOf(stream.node), stream.flags & ACCESS_MODE)
    },
    close(stream) {
      if (stream.hostFd !== undefined) closeSync(stream.hostFd)
    },
    read: (stream, buffer, offset, length, position) => readSync(hostFdOf(stream), buffer, offset, length, position),
    write: (stream, buffer, offset, length, position) => writeSync(hostFdOf(stream), buffer, offset, length, position),
    llseek(stream, offset, whence) {
      const origins = [() => 0, () => stream.position, () => fstatSync(hostFdOf(stream)).size]
      return (origins[whence]?.() ?? 0) + offset
    },
  }
  const operations = { node_ops: translateErrors(fs, nodeOperations), stream_ops: translateErrors(fs, streamOperations) }
  return createNode(null, '/', statSync(directory).mode)
}

/** O_RDONLY, O_WRONLY and O_RDWR have the same numbers inside and outside; the other flags have been dealt with inside. */
const ACCESS_MODE = 0b11

function hostFdOf(stream: Stream): number {
  if (stream.hostFd === undefined) throw new Error(`descriptor ${stream.fd} is no file`)
  return stream.hostFd
}

function attributesOf({ id }: Node, { mode, nlink, uid, gid, size, atime, mtime, ctime, blocks }: Stats): Attributes {
  return { dev: 1, ino: id, mode, nlink, uid, gid, rdev: 0, size, atime, mtime, ctime, blksize: 4096, blocks }
}

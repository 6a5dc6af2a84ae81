import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** What is used here of the module that `@ffmpeg/core` exports; it comes without types. */
export interface Core {
  readonly FS: FileSystem
  /** What the program passed to exit(); -1 while it has not called it. */
  readonly ret: number
  /** Allocates an argv. */
  stringsToPtr(strings: readonly string[]): number
  /** The two `main` functions. They run to the end before they return. */
  _ffmpeg(argc: number, argv: number): number
  _ffprobe(argc: number, argv: number): number
}

/** Emscripten's virtual file system. */
export interface FileSystem {
  readonly streams: readonly (Stream | null | undefined)[]
  readonly ErrnoError: new (errno: number) => Error
  chdir(path: string): void
  createNode(parent: Node | null, name: string, mode: number, device: number): Node
  isFile(mode: number): boolean
  makedev(major: number, minor: number): number
  mkdirTree(path: string): void
  mkdev(path: string, device: number): void
  mount(type: { mount(): Node }, options: object, mountpoint: string): void
  open(path: string, flags: number): Stream
  registerDevice(device: number, operations: StreamOperations): void
}

export interface Node {
  readonly id: number
  readonly name: string
  readonly parent: Node
  mode: number
  node_ops: NodeOperations
  stream_ops: StreamOperations
}

export interface Attributes {
  readonly dev: number
  readonly ino: number
  readonly mode: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  readonly rdev: number
  readonly size: number
  readonly atime: Date
  readonly mtime: Date
  readonly ctime: Date
  readonly blksize: number
  readonly blocks: number
}

export interface NodeOperations {
  getattr(node: Node): Attributes
  setattr(node: Node, attributes: { readonly size?: number }): void
  lookup?(parent: Node, name: string): Node
  mknod?(parent: Node, name: string, mode: number): Node
  rename?(node: Node, newParent: Node, newName: string): void
  unlink?(parent: Node, name: string): void
  rmdir?(parent: Node, name: string): void
  readdir?(node: Node): readonly string[]
}

export interface Stream {
  readonly node: Node
  readonly fd: number
  flags: number
  position: number
  seekable: boolean
  stream_ops: StreamOperations
  /** The descriptor of the host behind it. */
  hostFd?: number
}

export interface StreamOperations {
  open?(stream: Stream): void
  close?(stream: Stream): void
  read?(stream: Stream, buffer: Int8Array, offset: number, length: number, position: number): number
  write?(stream: Stream, buffer: Int8Array, offset: number, length: number, position: number): number
  llseek?(stream: Stream, offset: number, whence: number): number
}

/** Loads the WebAssembly build; takes about half a second. */
export async function loadCore(): Promise<Core> {
  const require = createRequire(import.meta.url)
  // The UMD build: the other is an ES module in a package that says it is CommonJS, and Node 20 believes the package.
  const create = require('@ffmpeg/core') as (options: { readonly wasmBinary: Uint8Array }) => Promise<Core>
  const script = require.resolve('@ffmpeg/core')
  // It takes itself to be in a web worker and asks where.
  Object.assign(globalThis, { self: { location: { href: '' } } })
  return create({ wasmBinary: readFileSync(join(dirname(script), 'ffmpeg-core.wasm')) })
}

/**
 * What the kernel asks before each system call of a program behind the wall, as the bytes of a classic BPF program:
 * everything passes but what no converter needs and many a way out of a sandbox has needed. Undefined on a processor
 * whose numbers are not known here.
 */
export function seccompFilter(architecture: string = process.arch): Uint8Array | undefined {
  const known = ARCHITECTURES[architecture]
  if (!known) return undefined
  const { audit, clone, clone3, refused } = known
  return assemble([
    { load: OFFSET_OF_ARCHITECTURE },
    { code: JUMP_EQUAL, k: audit, yes: 'known' },
    { answer: KILL },
    { label: 'known' },
    { load: OFFSET_OF_NUMBER },
    // The same calls by other numbers: of x32, which no program here is.
    ...(architecture === 'x64' ? [{ code: JUMP_AT_LEAST, k: 0x4000_0000, yes: 'unknown' }] : []),
    // Its flags lie in memory, where they cannot be looked at; told that it is not there, libraries take clone.
    { code: JUMP_EQUAL, k: clone3, yes: 'unknown' },
    { code: JUMP_EQUAL, k: clone, yes: 'clone' },
    ...refused.map((number) => ({ code: JUMP_EQUAL, k: number, yes: 'refused' })),
    { answer: ALLOW },
    { label: 'clone' },
    { load: OFFSET_OF_FIRST_ARGUMENT },
    { code: JUMP_IF_ANY_BIT, k: NEW_NAMESPACES, yes: 'refused' },
    { answer: ALLOW },
    { label: 'refused' },
    { answer: ERRNO | EPERM },
    { label: 'unknown' },
    { answer: ERRNO | ENOSYS },
  ])
}

type Line = Label | Instruction
type Label = { readonly label: string }
type Instruction = { readonly load: number } | { readonly answer: number } | { readonly code: number; readonly k: number; readonly yes: string }

/** Jumps go forward only, and over at most 255 instructions. */
function assemble(lines: readonly Line[]): Uint8Array {
  const instructions = lines.filter((line): line is Instruction => !('label' in line))
  const labels = new Map<string, number>()
  let at = 0
  for (const line of lines) {
    if ('label' in line) labels.set(line.label, at)
    else at++
  }
  const bytes = new DataView(new ArrayBuffer(instructions.length * 8))
  instructions.forEach((line, index) => {
    const [code, k] = 'load' in line ? [LOAD_WORD, line.load] : 'answer' in line ? [RETURN, line.answer] : [line.code, line.k]
    bytes.setUint16(index * 8, code, true)
    if ('yes' in line) bytes.setUint8(index * 8 + 2, labels.get(line.yes)! - index - 1)
    bytes.setUint32(index * 8 + 4, k >>> 0, true)
  })
  return new Uint8Array(bytes.buffer)
}

const LOAD_WORD = 0x20
const RETURN = 0x06
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_IF_ANY_BIT = 0x45

const OFFSET_OF_NUMBER = 0
const OFFSET_OF_ARCHITECTURE = 4
const OFFSET_OF_FIRST_ARGUMENT = 16

const KILL = 0x8000_0000
const ERRNO = 0x0005_0000
const ALLOW = 0x7fff_0000
const EPERM = 1
const ENOSYS = 38

/** CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET and TIME. */
const NEW_NAMESPACES = 0x7e02_0080

interface Architecture {
  /** AUDIT_ARCH_… */
  readonly audit: number
  readonly clone: number
  readonly clone3: number
  readonly refused: readonly number[]
}

/** Numbers that all architectures share: io_uring, the later calls that mount, pidfd_getfd, quotactl_fd, memfd_secret. */
const SHARED = [425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442, 443, 447]

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: {
    audit: 0xc000_003e, clone: 56, clone3: 435,
    refused: [
      ...SHARED,
      // socket, shmget, link, symlink, mknod, linkat, symlinkat, mknodat, memfd_create
      41, 29, 86, 88, 133, 265, 266, 259, 319,
      // ptrace, process_vm_readv and _writev, kcmp, add_key, request_key, keyctl, bpf, perf_event_open, userfaultfd
      101, 310, 311, 312, 248, 249, 250, 321, 298, 323,
      // mount, umount2, pivot_root, chroot, unshare, setns, open_by_handle_at, swapon, swapoff, quotactl, acct, fanotify_init
      165, 166, 155, 161, 272, 308, 304, 167, 168, 179, 163, 300,
      // kexec_load, kexec_file_load, init_module, finit_module, delete_module, reboot, syslog, uselib
      246, 320, 175, 313, 176, 169, 103, 134,
      // iopl, ioperm, modify_ldt, settimeofday, clock_settime, clock_adjtime, adjtimex
      172, 173, 154, 164, 227, 305, 159,
    ],
  },
  arm64: {
    audit: 0xc000_00b7, clone: 220, clone3: 435,
    refused: [
      ...SHARED,
      // socket, shmget, linkat, symlinkat, mknodat, memfd_create
      198, 194, 37, 36, 33, 279,
      // ptrace, process_vm_readv and _writev, kcmp, add_key, request_key, keyctl, bpf, perf_event_open, userfaultfd
      117, 270, 271, 272, 217, 218, 219, 280, 241, 282,
      // mount, umount2, pivot_root, chroot, unshare, setns, open_by_handle_at, swapon, swapoff, quotactl, acct, fanotify_init
      40, 39, 41, 51, 97, 268, 265, 224, 225, 60, 89, 262,
      // kexec_load, kexec_file_load, init_module, finit_module, delete_module, reboot, syslog
      104, 294, 105, 273, 106, 142, 116,
      // settimeofday, clock_settime, clock_adjtime, adjtimex
      170, 112, 266, 171,
    ],
  },
}

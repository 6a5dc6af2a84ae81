/** What bwrap's last words mean, and what the operator can do. Undefined words: it was not there. */
export function explainFailure(stderr: string | undefined): string {
  if (stderr === undefined) return 'bubblewrap is not installed; on Debian or Ubuntu: apt-get install bubblewrap'
  const known = FAILURES.find(([words]) => words.test(stderr))
  return known ? known[1] : `bwrap does not work here: ${stderr.trim().split('\n').at(-1) || 'it says nothing'}`
}

const FAILURES: readonly (readonly [RegExp, string])[] = [
  [/No permissions to create (?:a )?new namespace/i, 'the kernel or the container allows this user no namespaces; '
    + 'set kernel.unprivileged_userns_clone=1, or give the container a seccomp profile that allows clone, unshare and mount'],
  [/Creating new namespace failed/, 'no more namespaces are allowed; raise user.max_user_namespaces, or do not run inside another sandbox'],
  [/setting up uid map: Permission denied|loopback: Failed RTM_NEWADDR/, 'AppArmor keeps namespaces from ordinary users; '
    + 'give /usr/bin/bwrap a profile with "flags=(unconfined) { userns, }"'],
  [/max_user_namespaces: Read-only file system|Unknown option --disable-userns/, 'further namespaces cannot be ruled out here, but by seccomp'],
  [/Can't mount proc/, 'parts of /proc are hidden here, as containers do'],
]

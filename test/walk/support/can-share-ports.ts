const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** Whether processes can share ports here, as the message of a start that is refused says. */
export const CAN_SHARE_PORTS =
  process.platform === 'linux' &&
  (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12));

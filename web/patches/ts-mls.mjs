// The check of unmerged leaves in a received tree, as RFC 9420 §7.9 words it:
// only the nodes between the leaf and the node that lists it must list it too,
// and each may list more. As published the library refuses valid trees, so a
// join into a room of six or more can fail. A leaf outside the tree would make
// it climb for ever.
export default {
  name: 'ts-mls',
  version: '1.6.4',
  file: 'dist/src/clientState.js',
  before: '63645bc3be6ec7f6d4f6d88af5c0b63e34f5e1fea693c62bd958d228b51b6f61',
  after: '4094615fc49f0c96455e7952def556c4eb11fde3c9898cd6f3e1d5223a6e8cd6',
  edits: [
    [
      'const leafIndex = toLeafIndex(unmergedLeaf);\n',
      `if (unmergedLeaf >= leafWidth(tree.length))
                    return new ValidationError("Unmerged leaf outside of the tree");
                const leafIndex = toLeafIndex(unmergedLeaf);
`,
    ],
    [
      'nodeType !== "leaf" && !dp.includes(toNodeIndex(i)))',
      'nodeType !== "leaf" || !dp.includes(toNodeIndex(i)))',
    ],
    [
      'for (const parentIdx of dp) {\n',
      `for (const parentIdx of dp) {
                    if (parentIdx === i)
                        break;
`,
    ],
    [
      'if (!arraysEqual(dpNode.parent.unmergedLeaves, n.parent.unmergedLeaves))',
      'if (!dpNode.parent.unmergedLeaves.includes(unmergedLeaf))',
    ],
  ],
};

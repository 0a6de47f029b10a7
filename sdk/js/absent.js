
function absent(name) {
  return new Proxy({}, {
    get() {
      throw new Error(`\`${name}\` is not imported: the manifest's \`wants\` does not ask for it`);
    },
  });
}

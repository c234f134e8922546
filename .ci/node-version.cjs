// Says which Node is needed before anything fails for another reason. Old versions of Node have to read this file.
var required = require('../package.json').engines.node.replace('>=', '');

function isOlder(version, than) {
  var own = version.split('.').map(Number);
  var other = than.split('.').map(Number);
  for (var index = 0; index < 3; index += 1) {
    if (own[index] !== other[index]) return own[index] < other[index];
  }
  return false;
}

if (isOlder(process.versions.node, required)) {
  console.error(
    '\nnestjs-step-up needs Node ' + required + ' or later, and this is Node ' + process.versions.node + '.\n' +
      'Install a newer one from https://nodejs.org, such as by "nvm install 22".\n'
  );
  process.exit(1);
}

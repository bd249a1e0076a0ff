#!/usr/bin/env bash
# Restores the pinned Cake tool and runs build.cake: ./build.sh [--target=Test] [--configuration=Release] [--filter=<expression>]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

if ! command -v dotnet >/dev/null; then
  echo "build.sh: 'dotnet' is not on the PATH. Install the .NET SDK 10.0: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
  exit 127
fi

# The SDK keeps its first-run state and the packages under HOME; an account without one (nobody, many containers) gets a folder here.
if [[ ! -w ${HOME:-/nonexistent} ]]; then
  export HOME=$PWD/artifacts/home
  mkdir -p "$HOME"
fi

# Without a terminal no colours: Cake decides by TERM alone.
[[ -t 1 ]] || export TERM=dumb

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
if ! restored=$(dotnet tool restore 2>&1); then
  echo "$restored" >&2
  exit 1
fi

exec dotnet cake build.cake "$@"

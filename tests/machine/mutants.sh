#!/bin/sh
# Breaks one rule of `correctness.md` after the other in a copy of the tree; the machine has to notice each within 500 seeds.
# Usage: tests/machine/mutants.sh [rule]...    e.g. tests/machine/mutants.sh r1 r9
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seeds=${NETWIZ_TEST_SEEDS:-500}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
target=${CARGO_TARGET_DIR:-$root/target/mutants}
[ $# -gt 0 ] || set -- r1 r2 r5 r9 r10 r11
missed=0
for rule in "$@"; do
    rm -rf "$copy/tree"
    mkdir "$copy/tree"
    (cd "$root" && git ls-files -z | tar --null -T - -cf -) | tar -xf - -C "$copy/tree"
    (cd "$copy/tree" && patch -s -p1 < "$here/mutants/$rule.patch")
    if (cd "$copy/tree" && CARGO_TARGET_DIR="$target" cargo test --quiet --test machine --no-run) >"$copy/build" 2>&1; then :; else
        echo "$rule: does not build"; cat "$copy/build"; missed=1; continue
    fi
    if (cd "$copy/tree" && NETWIZ_TEST_FIRST_FAILURE=1 NETWIZ_TEST_FIRST=1 NETWIZ_TEST_SEEDS="$seeds" CARGO_TARGET_DIR="$target" \
        cargo test --quiet --test machine whatever -- --nocapture) >"$copy/run" 2>&1; then
        echo "$rule: NOT noticed within $seeds seeds"; missed=1
    else
        seed=$(sed -n 's/^seed \([0-9]*\):.*/\1/p' "$copy/run" | head -1)
        echo "$rule: noticed, seed ${seed:-unknown}"
        grep -E '^  I[0-9]+:|^  [A-Z][0-9]+: |^  panicked' "$copy/run" | cut -c1-160 | head -2
    fi
done
exit $missed

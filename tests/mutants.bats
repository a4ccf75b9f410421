# What counts as a mutant that a test has caught: planted programs in place of a mutant, under the rule of its own test.

# The result of ctest for a program that stands in for the mutant.
judge() {
    dir=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
    sed -n '/mutant_ids_forgotten_early/p' "$BUILD_DIR/tests/CTestTestfile.cmake" |
        sed "s|\"/[^\"]*/mutant_ids_forgotten_early\"|$1|" > "$dir/CTestTestfile.cmake"
    grep -qF "$1" "$dir/CTestTestfile.cmake"
    run ctest --test-dir "$dir" -R mutant
    echo "$1: $output"
    grep -q 'mutant_ids_forgotten_early' <<< "$output"
}

# A program that prints and ends like this.
planted() {
    printf '#!/bin/sh\n%s\n' "$1" > "$BATS_TEST_TMPDIR/planted"
    chmod +x "$BATS_TEST_TMPDIR/planted"
    judge "\"$BATS_TEST_TMPDIR/planted\""
}

@test "a mutant is caught when a test of it fails" {
    judge "\"$BUILD_DIR/tests/mutant_ids_forgotten_early\""
    [ "$status" -eq 0 ]
}

@test "one whose tests pass lives" {
    judge "\"$BUILD_DIR/tests/test_issued\""
    [ "$status" -ne 0 ]
}

@test "a crash, a set-up that fails, a usage error and a program that is not there catch nothing" {
    for program in 'kill -SEGV $$' 'kill -ABRT $$' 'exit 1' 'echo " 1 FAILED TEST(S)" >&2; exit 1' 'echo "[  FAILED  ] a_test"; kill -KILL $$'; do
        planted "$program"
        [ "$status" -ne 0 ]
    done
    judge '"/nowhere/at/all"'
    [ "$status" -ne 0 ]
}

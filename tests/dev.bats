# The one script people call. Debian's tools are stood in for, so that nothing is installed here.

setup() {
    tools="$BATS_TEST_TMPDIR/tools"
    mkdir "$tools"
    fake dpkg-query "case \$* in *\"\$MISSING\"*) [ -n \"\$MISSING\" ] && exit 1 ;; esac; echo 'install ok installed'"
    fake apt-get "echo \"\$*\" >> '$BATS_TEST_TMPDIR/apt'"
    fake sudo 'exec "$@"'
    cache="$BATS_TEST_TMPDIR/cache/saqshy"
    export PATH="$tools:$PATH" MISSING="" XDG_CACHE_HOME="$BATS_TEST_TMPDIR/cache"
}

# What Maven, pip and npm bring is there already.
cached() {
    local venv kafka jars pages
    venv=$cache/venv-$(sha256sum "$SOURCE_DIR/tests/requirements.txt" | cut -c1-12)
    kafka=$cache/kafka-$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$SOURCE_DIR/tests/kafka/pom.xml")
    pages=$cache/pages-$(sha256sum "$SOURCE_DIR/detector/pages/package-lock.json" | cut -c1-12)
    jars=$cache/consumer-$(cat "$SOURCE_DIR/deploy/samples/consumer/pom.xml" "$SOURCE_DIR/tests/kafka/consumer.sha256" | sha256sum | cut -c1-12)
    mkdir -p "$venv/bin" "$kafka" "$jars" "$cache/kafka-3.9.2" "$pages"
    touch "$pages/complete" "$venv/complete" "$kafka/complete" "$jars/complete" "$cache/kafka-3.9.2/complete"
    ln -s /bin/true "$venv/bin/python"
}

fake() { printf '#!/bin/sh\n%s\n' "$2" > "$tools/$1"; chmod +x "$tools/$1"; }
dev() { "$SOURCE_DIR/dev" "$@"; }

@test "help fits a screen" {
    run dev help
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -le 24 ]
    for line in "${lines[@]}"; do [ "${#line}" -le 100 ]; done
}

@test "help names every command, and every command is in the help" {
    commands=$(sed -n 's/^cmd_\([a-z]*\)().*/\1/p' "$SOURCE_DIR/dev" | grep -v help | sort)
    [ "$commands" = "$(dev help | sed -n 's/^  \([a-z]\+\) .*/\1/p' | sort)" ]
}

@test "an unknown command is named, with the help, as a usage error" {
    run dev tset
    [ "$status" -eq 2 ]
    [[ "$output" == *"no command tset"* ]]
    [[ "$output" == *"./dev COMMAND"* ]]
}

@test "it works from another folder" {
    cd "$BATS_TEST_TMPDIR"
    run "$SOURCE_DIR/dev" kafka bootstrap
    [ "$status" -eq 0 ]
    [[ "$output" == 127.0.0.1:* ]]
}

@test "nothing is said and nothing installed where nothing is missing" {
    cached
    run dev setup
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [ ! -e "$BATS_TEST_TMPDIR/apt" ]
}

@test "what is missing is named with the reason, and only that is installed" {
    export MISSING=libjansson-dev
    cached
    run dev setup
    [ "$status" -eq 0 ]
    [ "$output" = "Installing from Debian, to build: libjansson-dev" ]
    grep -q 'install .* libjansson-dev$' "$BATS_TEST_TMPDIR/apt"
}

@test "each test program that starts threads is one that the matrix runs under TSan" {
    labelled=$(ctest --test-dir "$BUILD_DIR" -N -L threads | sed -n 's/.*: \(test_[a-z0-9_]*\)$/\1/p' | sort)
    for program in "$BUILD_DIR"/tests/test_*; do
        [ -x "$program" ] && [ -f "$program" ] || continue
        nm -D --undefined-only "$program" | grep -q pthread_create || continue
        grep -qx "$(basename "$program")" <<<"$labelled" || { echo "not labelled: $program"; false; }
    done
}

# Names that archives and objects give to others.
exported() { nm --defined-only --extern-only "$@" | sed -n 's/^[0-9a-f]* [A-Z] //p' | sort -u; }

# Of these objects, names that the program has too: they would stand in for what is under test, and for mutants of it.
in_place_of_the_program() {
    comm -12 <(exported "$@") <(exported "$BUILD_DIR"/{detector,models,schemas}/libsaqshy_*.a)
}

@test "nothing that test programs share takes the place of a part of the program" {
    planted="$BATS_TEST_TMPDIR/planted.o"
    echo 'int pipeline_open(void); int pipeline_open(void) { return 0; }' | cc -x c -c - -o "$planted"
    run in_place_of_the_program "$BUILD_DIR/tests/libtest_support.a"
    echo "$output"
    [ -z "$output" ]
    [ "$(in_place_of_the_program "$BUILD_DIR/tests/libtest_support.a" "$planted")" = pipeline_open ]
}

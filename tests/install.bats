# `cmake --install`: what an operator gets, and that it works from there.

setup_file() {
    export DESTDIR="$BATS_FILE_TMPDIR/root"
    cmake --install "$BUILD_DIR" > "$BATS_FILE_TMPDIR/log"
    prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$BUILD_DIR/CMakeCache.txt")
    export ROOT="$DESTDIR$prefix" PREFIX="$prefix"
}

same() { # INSTALLED FOLDER, SOURCE FILES…
    local folder=$1 file
    shift
    [ $# -gt 0 ]
    for file; do cmp "$file" "$ROOT/$folder/$(basename "$file")" || return 1; done
}

@test "the program is installed and runs from there" {
    run "$ROOT/bin/saqshy" --version
    [ "$status" -eq 0 ]
    [[ "$output" == saqshy\ * ]]
}

@test "the contracts are installed" { same share/saqshy/schemas "$SOURCE_DIR"/schemas/*.avsc "$SOURCE_DIR"/schemas/*.schema.json; }

@test "the shipped model and policy are installed and fit each other" {
    same share/saqshy/models "$SOURCE_DIR"/models/*.json
    run "$ROOT/bin/saqshy" check -X "model.path=$ROOT/share/saqshy/models/shipped-model.json" \
        -X "policy.path=$ROOT/share/saqshy/models/shipped-policy.json"
    [[ "$output" == *"ok       model"* ]]
    [[ "$output" == *"ok       policy"* ]]
}

@test "every mapping file is installed" {
    [ "$(cd "$SOURCE_DIR/schemas" && find mappings -name '*.map' 2>/dev/null | sort)" = \
        "$(cd "$ROOT/share/saqshy" && find mappings -name '*.map' 2>/dev/null | sort)" ]
}

@test "pages, samples and licence are installed" {
    same share/doc/saqshy "$SOURCE_DIR"/docs/*.md "$SOURCE_DIR/docs/export_sklearn.py" "$SOURCE_DIR/deploy/saqshy.conf.sample" "$SOURCE_DIR/LICENSE" \
        "$SOURCE_DIR/CHANGELOG.md"
    diff -r "$SOURCE_DIR/deploy/samples" "$ROOT/share/doc/saqshy/samples"
}

@test "the unit starts the program that is installed and names a page that is there" {
    unit="$ROOT/lib/systemd/system/saqshy.service"
    [ -x "$DESTDIR$(sed -n 's/^ExecStart=\([^ ]*\) run .*/\1/p' "$unit")" ]
    [ -f "$DESTDIR$(sed -n 's|^Documentation=file:||p' "$unit")" ]
    ! grep -q '@' <(grep -v '^SystemCallFilter' "$unit")
}

@test "nothing else is installed" {
    outside=$(cd "$ROOT" && find . -type f ! -path './bin/saqshy' ! -path './lib/systemd/system/saqshy.service' \
        ! -path './share/saqshy/*' ! -path './share/doc/saqshy/*')
    [ -z "$outside" ]
}

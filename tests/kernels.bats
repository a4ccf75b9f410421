# The tiers are what they say: instructions of the object files.

objects() {
    find "$BUILD_DIR"/detector "$BUILD_DIR"/models "$BUILD_DIR"/schemas -name '*.c.o' | sort
}

# How many instructions of an object work on registers of a kind.
count() { # PATH KIND
    objdump -d --no-show-raw-insn "$1" | grep -c "%$2" || true
}

# Kernels are written for their registers; the columns are C, and a compiler that optimises makes vectors of it.
tiers() {
    if grep -q 'CMAKE_BUILD_TYPE:STRING=Release' "$BUILD_DIR/CMakeCache.txt"; then
        echo 'kernels finish columns'
    else
        echo kernels
    fi
}

works_on() { # TIER KIND
    for name in $(tiers); do
        path=$(objects | grep "/${name}_$1.c.o")
        [ -n "$path" ]
        found=$(count "$path" "$2")
        echo "$name: $found instructions"
        [ "$found" -ge 40 ]
    done
}

@test "the AVX2 tier is AVX2: its objects work on ymm registers" {
    works_on avx2 ymm
    for path in $(objects | grep '_avx2.c.o'); do
        [ "$(count "$path" zmm)" -eq 0 ]
    done
}

@test "the AVX-512 tier is AVX-512: its objects work on zmm registers" {
    works_on avx512 zmm
}

@test "nothing but the tiers needs more than the base processor" {
    others=$(objects | grep -v '_avx2.c.o\|_avx512.c.o')
    [ "$(wc -l <<<"$others")" -ge 100 ]
    for path in $others; do
        [ "$(count "$path" '[yz]mm')" -eq 0 ] || { echo "$path"; false; }
    done
}

@test "no file outside the tiers knows of x86" {
    run grep -rlE 'immintrin|__builtin_ia32|__builtin_cpu_supports|_mm[0-9]*_' \
        "$SOURCE_DIR"/{detector,models,schemas,bench} --include='*.c' --include='*.h'
    [ "$(grep -vcE '_(x86|avx2|avx512)\.c$' <<<"$output")" -eq 0 ]
}

@test "what is fetched ahead is fetched: no compiler took it for nothing" {
    grep -q 'CMAKE_BUILD_TYPE:STRING=Release' "$BUILD_DIR/CMakeCache.txt" || return 0
    [ "$(uname -m)" = x86_64 ] || return 0
    for name in signals_load signals_ask signals_save accounts accounts_save account_index; do
        path=$(objects | grep "/$name.c.o")
        found=$(objdump -d --no-show-raw-insn "$path" | grep -cE '\sprefetch[a-z0-9]+ ' || true)
        echo "$name: $found fetches"
        [ "$found" -ge 1 ]
    done
}

@test "nothing is fetched ahead in a way that a compiler may drop" {
    run grep -rl __builtin_prefetch "$SOURCE_DIR"/{detector,models,schemas,bench}
    [ "$output" = "$SOURCE_DIR/detector/base/prefetch.h" ]
}

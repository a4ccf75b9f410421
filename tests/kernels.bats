# The tiers are what they say: instructions of the object files.

object() {
    find "$BUILD_DIR/detector" -name "$1.c.o"
}

@test "the AVX2 tier is AVX2: its object works on ymm registers" {
    file=$(object kernels_avx2)
    [ -n "$file" ]
    count=$(objdump -d --no-show-raw-insn "$file" | grep -c ymm)
    echo "$count instructions"
    [ "$count" -ge 40 ]
}

@test "nothing but the tiers needs more than the base processor" {
    for file in kernels_scalar features apply account fifo accounts; do
        path=$(object "$file")
        [ -n "$path" ]
        run grep -c -E 'ymm|zmm' <(objdump -d --no-show-raw-insn "$path")
        [ "$output" -eq 0 ]
    done
}

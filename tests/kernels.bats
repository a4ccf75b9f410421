# The tiers are what they say: instructions of the object files.

object() {
    find "$BUILD_DIR" -name "$1.c.o" -path '*saqshy_detector*' | head -n 1
}

@test "the AVX2 kernels are AVX2: each works on ymm registers" {
    file=$(object kernels_avx2)
    [ -n "$file" ]
    for kernel in windows equal planes amounts sum; do
        count=$(objdump -d --no-show-raw-insn "$file" |
            awk -v name="^<$kernel" '/^[0-9a-f]+ </ { inside = ($2 ~ name) } inside' | grep -c ymm)
        echo "$kernel $count"
        [ "$count" -ge 5 ]
    done
}

@test "nothing but the tiers needs more than the base processor" {
    for file in kernels_scalar features apply account fifo accounts; do
        path=$(object "$file")
        [ -n "$path" ]
        run grep -c -E 'ymm|zmm' <(objdump -d --no-show-raw-insn "$path")
        [ "$output" -eq 0 ]
    done
}

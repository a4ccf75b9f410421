# What the pages for people say of the program is so.

setup() {
    cd "$SOURCE_DIR"
    pages=(README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md docs/*.md models/*.md)
}

# Prints the arguments that are no file or folder.
absent() { for path; do [ -e "$path" ] || echo "$path"; done; }

@test "README.md is one screen" { [ "$(wc -l < README.md)" -le 70 ]; }

@test "every link to a file leads somewhere" {
    for page in "${pages[@]}"; do
        mapfile -t targets < <(grep -oP '\]\(\K[^)#]+' "$page" | grep -v '^https:')
        run absent $(printf "$(dirname "$page")/%s " ${targets[@]+"${targets[@]}"})
        echo "$page: $output"
        [ -z "$output" ] || [ "$output" = "$(dirname "$page")/" ]
    done
}

@test "every link into a page leads to one of its headings" {
    for page in "${pages[@]}"; do
        while IFS='#' read -r file anchor; do
            target=$(dirname "$page")/${file:-$(basename "$page")}
            echo "$page: $file#$anchor"
            grep '^#' "$target" | sed 's/^#* //; s/[^A-Za-z0-9 -]//g; s/ /-/g' | tr '[:upper:]' '[:lower:]' | grep -qx "$anchor"
        done < <(grep -oP '\]\(\K[^)]*#[^)]+' "$page" | grep -v '^https:')
    done
}

@test "every file that is named in backticks exists" {
    for page in "${pages[@]}"; do
        mapfile -t named < <(grep -oP '`\K(detector|models|schemas|tests|deploy|docs)/[A-Za-z0-9_./-]+(?=`)' "$page" | grep -v 'NAME\|TIER')
        run absent ${named[@]+"${named[@]}"}
        echo "$page: $output"
        [ -z "$output" ]
    done
}

@test "every ./dev command that is named exists" {
    commands=$(./dev help | sed -n 's/^  \([a-z]\+\) .*/\1/p')
    for named in $(grep -ohP '\./dev \K[a-z]+' "${pages[@]}" | sort -u); do
        echo "$named"
        grep -qx "$named" <<< "$commands"
    done
}

@test "the exit codes of OPERATIONS.md are those of the program" {
    diff <(sed -n 's/^    X(\([A-Z_]*\), \([0-9]*\)).*/\2 \1/p' detector/base/error.h) \
        <(sed -n 's/^| \([0-9]*\) | \([A-Z_]*\) |.*/\1 \2/p' docs/OPERATIONS.md)
}

@test "the unit and OPERATIONS.md agree on what is not started again" {
    unit=$(sed -n 's/^RestartPreventExitStatus=//p' deploy/saqshy.service.in)
    grep -q "^The unit does not start again after ${unit// /, }\.$" docs/OPERATIONS.md
}

@test "the log lines of OPERATIONS.md are those of the program" {
    diff <(grep -rohP --include='*.c' '"event=\K[a-z_]+' detector | sort -u) \
        <(sed -n '/^| event | level/,/^$/p' docs/OPERATIONS.md | tail -n +3 | cut -d'|' -f2 | grep -o '[a-z_]\+' | sort -u)
}

@test "the options that OPERATIONS.md names exist" {
    for named in $(grep -oP '`\K[a-z]+\.[a-z.]+(?==|`)' docs/OPERATIONS.md | grep -v '^kafka\.\|^retention\.' | sort -u); do
        echo "$named"
        grep -q "^| \`$named\` " docs/CONFIGURATION.md || [ -e "deploy/$named" ] || [[ $named == saqshy.* ]]
    done
}

@test "the mutants of RELIABILITY.md are those that are built" {
    diff <(sed -nE 's/^add_mutant(_of)?\(([a-z_]+ )?([a-z_]+) (detector|models|schemas).*/\3/p' tests/mutants.cmake | sort) \
        <(sed -n '/^## Mutants/,/^## /p' docs/RELIABILITY.md | grep '^| `' | cut -d'|' -f2 | grep -o '[a-z_]\+' | sort)
}

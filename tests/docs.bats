# The generated pages are what the program prints.

fresh() { diff <("$SAQSHY" docs "$1") "$SOURCE_DIR/$2"; }

@test "docs/CONFIGURATION.md is fresh" { fresh configuration docs/CONFIGURATION.md; }
@test "docs/METRICS.md is fresh" { fresh metrics docs/METRICS.md; }
@test "docs/FEATURES.md is fresh" { fresh features docs/FEATURES.md; }
@test "docs/CONTRACTS.md is fresh" { fresh contracts docs/CONTRACTS.md; }
@test "docs/MAPPING.md is fresh" { fresh mapping docs/MAPPING.md; }
@test "schemas/model.schema.json is fresh" { fresh model-schema schemas/model.schema.json; }
@test "schemas/policy.schema.json is fresh" { fresh policy-schema schemas/policy.schema.json; }
@test "deploy/saqshy.conf.sample is fresh" { fresh sample deploy/saqshy.conf.sample; }

@test "the sample file is accepted as it is" {
    run "$SAQSHY" check --config "$SOURCE_DIR/deploy/saqshy.conf.sample"
    [[ "$output" == *"ok       configuration"* ]]
}

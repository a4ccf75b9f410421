# embed_file(PATH SYMBOL): a C file with `const unsigned char SYMBOL[]` and `const size_t SYMBOL_size`,
# made again when the file changes; appended to the list EMBEDDED.
macro(embed_file path symbol)
    set(embedded_c ${PROJECT_BINARY_DIR}/generated/${symbol}.c)
    add_custom_command(
        OUTPUT ${embedded_c}
        COMMAND ${CMAKE_COMMAND} -DINPUT=${path} -DOUTPUT=${embedded_c} -DSYMBOL=${symbol}
                -P ${PROJECT_SOURCE_DIR}/schemas/embed_file.cmake
        DEPENDS ${path} ${PROJECT_SOURCE_DIR}/schemas/embed_file.cmake
        VERBATIM)
    list(APPEND EMBEDDED ${embedded_c})
endmacro()

# loadsim_embed_text(<output variable> <files> <namespace> <name>): a .cpp in the build folder that defines `const std::string_view <name>`
# with the text of the file; written again when the file changes. Of several files: one after the other, a newline between them. The
# declaration is in the module's embedded_data.hpp.
# As a script (cmake -P) this file writes that .cpp. An array of bytes: a compiler may refuse a string literal above 64 KiB, and no text
# can end an array.
if(CMAKE_SCRIPT_MODE_FILE)
  foreach(text_file IN LISTS text_files)
    file(READ "${text_file}" bytes HEX)
    list(APPEND texts "${bytes}")
  endforeach()
  list(JOIN texts "0a" bytes)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  file(WRITE "${cpp_file}" "#include \"embedded_data.hpp\"\n\nnamespace ${namespace} {\nnamespace {\nconstexpr char ${name}_bytes[] = {${bytes}'\\0'};\n}\n"
                           "const std::string_view ${name}{${name}_bytes, sizeof ${name}_bytes - 1};\n}\n")
  return()
endif()

function(loadsim_embed_text output text_files namespace name)
  set(cpp_file ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  add_custom_command(
    OUTPUT ${cpp_file}
    COMMAND ${CMAKE_COMMAND} "-Dtext_files=${text_files}" -Dcpp_file=${cpp_file} -Dnamespace=${namespace} -Dname=${name}
            -P ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake
    DEPENDS ${text_files} ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake
    VERBATIM)
  set_source_files_properties(${cpp_file} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set(${output} ${cpp_file} PARENT_SCOPE)
endfunction()

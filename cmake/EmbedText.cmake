# loadsim_embed_text(<output variable> <file> <namespace> <name>): a .cpp in the build folder that defines `const std::string_view <name>`
# with the text of the file; written again when the file changes. The declaration is in the module's embedded_data.hpp.
# As a script (cmake -P) this file writes that .cpp.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${text_file}" text)
  file(WRITE "${cpp_file}" "#include \"embedded_data.hpp\"\n\nnamespace ${namespace} {\nconst std::string_view ${name} = R\"text(${text})text\";\n}\n")
  return()
endif()

function(loadsim_embed_text output text_file namespace name)
  set(cpp_file ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  add_custom_command(
    OUTPUT ${cpp_file}
    COMMAND ${CMAKE_COMMAND} -Dtext_file=${text_file} -Dcpp_file=${cpp_file} -Dnamespace=${namespace} -Dname=${name}
            -P ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake
    DEPENDS ${text_file} ${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake
    VERBATIM)
  set_source_files_properties(${cpp_file} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set(${output} ${cpp_file} PARENT_SCOPE)
endfunction()

# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for ipcx. All candidates come from 'ipcx complete', which uses the program's own tables.

function __ipcx_complete
    set -l words (commandline -opc)
    # Remove quotes, even an open one, without evaluating anything.
    set -l word (string unescape -- (commandline -ct))
    set -l option (string match -r -- '^--[^=]*=' "$word")
    set -l value (string replace -r -- '^--[^=]*=' '' "$word")
    for line in (command $words[1] complete -- $words[2..-1] "$word" 2>/dev/null)
        switch $line
            case ':files'
                printf '%s\n' "$option"(__fish_complete_path $value)
            case ':users'
                printf '%s\n' "$option"(__fish_complete_users)
            case ':groups'
                printf '%s\n' "$option"(string replace -r -- ':.*' ':' "$value")(__fish_complete_groups)
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c ipcx -f -a '(__ipcx_complete)'

import React, { useState, type FC } from "react";

type Props = { title: string; onClose?: () => void };

/** A dialog. */
export const Dialog: FC<Props> = ({ title, onClose }) => {
  const [open, setOpen] = useState<boolean>(true);
  return (
    <Frame title={title}>
      <div onClick={() => setOpen(false)}>{format(title)}</div>
      <Button.Close onClick={onClose} />
    </Frame>
  );
};

export default class Page extends React.Component<Props, State> {
  state: State = { open: false };
  render(): JSX.Element {
    return <Dialog title="x" />;
  }
}
